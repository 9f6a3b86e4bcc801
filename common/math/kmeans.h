// Vectors grouped around centres, each with the one nearest to it (Lloyd 1982).
//
//     kmeans_train(sample, n, dim, k, seed, pool, centres);
//     kmeans_assign(vectors, rows, dim, centres, k, pool, nearest);
//
// The number of threads changes nothing.
#ifndef MATH_KMEANS_H
#define MATH_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/pool.h"

//   sample   (n, dim) n >= k >= 1
//   centres  (k, dim) out; some may be equal if the sample has fewer than k distinct vectors
// Time 10 n k dim. Memory: the sample's size again.
void kmeans_train(const float *sample, size_t n, size_t dim, size_t k, uint64_t seed, struct pool *pool, float *centres);

//   nearest  (n) out: the centre of the least distance; ties go to the lower one
void kmeans_assign(const float *vectors, size_t n, size_t dim, const float *centres, size_t k, struct pool *pool, uint32_t *nearest);

#endif
