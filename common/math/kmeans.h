// Vectors grouped around centres, each with the one nearest to it (Lloyd 1982), where a difference along the vector may count for more than one
// across it: the distance of x to c is |x - c|^2 + (eta - 1) ((x - c) x / |x|)^2, eta >= 1. Those who look for large inner products meet x with
// queries that point the way it does, and what misleads them is the difference along it (anisotropic loss: Guo et al., "Accelerating large-scale
// inference with anisotropic vector quantization", 2020).
//
//     kmeans_train(sample, n, dim, eta, k, seed, pool, centres);
//     kmeans_assign(vectors, rows, dim, eta, centres, k, pool, nearest);
//     kmeans_centres(vectors, rows, dim, eta, nearest, k, pool, centres);
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
// Time 10 n k dim.
void kmeans_train(const float *sample, size_t n, size_t dim, float eta, size_t k, uint64_t seed, struct pool *pool, float *centres);

//   nearest  (n) out: the centre of the least distance; ties go to the lower one
void kmeans_assign(const float *vectors, size_t n, size_t dim, float eta, const float *centres, size_t k, struct pool *pool, uint32_t *nearest);

//   centres  (k, dim) in and out: the best ones for the vectors that have them as nearest; one without vectors stays
void kmeans_centres(const float *vectors, size_t n, size_t dim, float eta, uint32_t *nearest, size_t k, struct pool *pool, float *centres);

#endif
