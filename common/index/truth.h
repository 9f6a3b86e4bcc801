// The rows that rankings are made for and judged by, grouped by query: the truth.
//
//     struct truth *truth = truth_new(config, table_name, memory_bytes);
//     while (reader_next(in, &frame)) if (truth_takes(truth, &frame)) continue;      // spooled
//     truth_ready(truth, reader_name(in), n_queries, n_candidates);
//     const uint32_t *queries = truth_queries(truth, &n);            // rising: one ranking each
//     truth_ask(truth, 0, &topk_query);                              // the search then scores the rows of queries[0]
//     ...
//     truth_write(truth, out);                                       // the tables, the chosen one with `ranking` and `score`
//
// A query has one ranking or, if its vector depends on columns of the interactions, one for each of their values (askings.h).
//
// Which table it is, choice.h says. Holds 24 bytes a row of it, and the distinct contexts.
#ifndef INDEX_TRUTH_H
#define INDEX_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/math/topk.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

//   table  the one that is asked for; NULL: what was held back or, without it, all rows
struct truth *truth_new(const struct config *config, const char *table, size_t memory_bytes) __attribute__((warn_unused_result));

// Names the columns (n, borrowed) of the context. Called before truth_ready.
void truth_set_context(struct truth *truth, const char *const *columns, size_t n);

// Spools a frame of one of the tables that may be it. False, and nothing done, for any other.
bool truth_takes(struct truth *truth, const struct frame *frame);

// Chooses and checks the truth: dies with exit code 3 if it did not come, lacks the columns `query` and `candidate`, has the
// columns that truth_write adds, or refers to rows that do not exist.
void truth_ready(struct truth *truth, const char *source, size_t n_queries, size_t n_candidates);

const char *truth_table(const struct truth *truth);
const uint32_t *truth_queries(const struct truth *truth, size_t *n);

// The context of each ranking, a row each; NULL without one.
const struct frame *truth_context(const struct truth *truth);

// Asks a search for the scores of the candidates of the i-th ranking.
void truth_ask(struct truth *truth, size_t i, struct topk_query *query);

void truth_write(struct truth *truth, struct writer *out);

#endif
