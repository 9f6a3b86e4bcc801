// Numbers to buckets between rising boundaries, left-closed, as Keras' Discretization.
#ifndef MATH_BUCKETS_H
#define MATH_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

// How many boundaries are at most x; NaN lies behind them all.
//   boundaries  (n) rising; n may be 0
//   x           (rows)
//   ids         (rows) out, 0 to n
// Time rows * log2 n, without branches.
void buckets_find(const float *boundaries, size_t n, const float *x, size_t rows, uint32_t *ids);

#endif
