// Queries and candidates by the values of their columns, for figures of each slice.
//
//     struct slices *slices = slices_new(columns, 2, "users", "movies");
//     for every frame: slices_take(slices, &frame);
//     if (slices_fault(slices) != NULL) ...                            // a column that did not come, or has too many values
//     for (size_t i = 0; i < slices_count(slices); i++) ... slices_get(slices, i) ...
//     const uint32_t *of = slices_of_query(slices, row, &n);           // numbers of slices
//
// A column is that of the queries' table or, if that has none of the name, of the candidates'. It is of texts, lists of texts (a row is
// then in several slices), or numbers. The slices of a column are in the order in which their values first came.
#ifndef METRIC_SLICES_H
#define METRIC_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stream/frame.h"

enum { SLICES_MAX = 100 };  // of a column

struct slice {
    const char *column, *value;
    bool of_candidates;
    size_t rows;                 // of the table
    const bool *members;         // (rows of the candidates' table), for slices of candidates
};

//   columns  (n) borrowed, as are the names of the tables
struct slices *slices_new(const char *const *columns, size_t n, const char *queries, const char *candidates) __attribute__((warn_unused_result));

// Notes the columns if the frame is of one of the two tables.
void slices_take(struct slices *slices, const struct frame *frame);

// What is wrong, in words; NULL: nothing. Called after the last frame, and before all that follows.
const char *slices_fault(struct slices *slices);

size_t slices_count(const struct slices *slices);
const struct slice *slices_get(const struct slices *slices, size_t i);

// The slices that a row of the queries' table is in, over all columns; valid until the next call.
const uint32_t *slices_of_query(struct slices *slices, size_t row, size_t *n);

#endif
