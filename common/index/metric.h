// What "near" means to an index: the larger the score, the nearer.
//
//     inner     q x
//     cosine    q x / (|q| |x|), and 0 for zeros
//     l2        -|q - x|^2
//
// The kinds of index know inner products alone. For cosines vectors and queries are divided by their lengths. For distances each gets some numbers
// more, copies of one number, so that the product is q x - |x|^2 / 2, whose order is that of the distances: -|x|^2 / (2 w c) and w, c the number of
// copies, w about the size of a vector's numbers. (Many copies, so that none is much larger than the other numbers, whose bytes would become coarse.)
#ifndef INDEX_METRIC_H
#define INDEX_METRIC_H

#include <stdbool.h>

#include "common/index/index.h"

bool metric_parse(const char *name, enum index_metric *metric) __attribute__((warn_unused_result));
const char *metric_name(enum index_metric metric);

// Numbers of a vector as the kind sees it.
size_t metric_width(enum index_metric metric, size_t dim);

// The weight w, from some of the vectors (rows, dim).
float metric_weight(const float *vectors, size_t rows, size_t dim);

// The vector divided by its length, of whatever size its numbers are; zeros stay zeros. May be done in place.
void metric_direction(const float *vector, size_t dim, float *out);

//   out  (rows, index->width)
void metric_rows(const struct index *index, const float *vectors, size_t rows, float *out);
void metric_queries(const struct index *index, const float *queries, size_t n, float *out);

// Makes a row, as metric_rows left it, the query by the same vector, in place.
void metric_row_to_query(const struct index *index, float *row);

// How rows are scored: by the product, or by the distance itself.
struct scoring metric_scoring(const struct index *index);

#endif
