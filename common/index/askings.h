// Which interactions ask the same: those of one query or, where a query's vector depends on columns of the interactions (its context: the
// time, what was taken before), those of one query with the same values in them. Each asking gets one ranking.
//
//     struct askings *askings = askings_new(n_queries, (const char *[]){"feature/hour"}, 1);
//     askings_add(askings, &frame);                        // rows with a column `query` below n_queries, checked by the caller
//     askings_ready(askings);
//     const uint32_t *queries = askings_queries(askings, &n);      // rising; those of one query in the order in which they came
//     const struct frame *context = askings_context(askings);      // their values of the columns
//     uint32_t number = askings_of(askings)[row];                  // of a row, counted over all frames
//
// Holds 4 bytes a row, and each asking's context twice.
#ifndef INDEX_ASKINGS_H
#define INDEX_ASKINGS_H

#include <stddef.h>
#include <stdint.h>

#include "common/stream/frame.h"

//   columns  (n) names, borrowed; n is 0 where there is no context
struct askings *askings_new(size_t n_queries, const char *const *columns, size_t n) __attribute__((warn_unused_result));
void askings_free(struct askings *askings);

// Dies with exit code 3 if a column is missing.
void askings_add(struct askings *askings, const struct frame *frame);

void askings_ready(struct askings *askings);

const uint32_t *askings_queries(const struct askings *askings, size_t *n);
const uint32_t *askings_of(const struct askings *askings);

// One row an asking, with the columns alone; NULL without a context.
const struct frame *askings_context(const struct askings *askings);

#endif
