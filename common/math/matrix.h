// Matrix products and equations: the only caller of BLAS and LAPACK. Row-major; `ld` is the distance of two rows, at least their length.
//
//     matrix_nt(rows, columns, dim, 1, u, dim, v, dim, 0, scores, columns);      // scores = u v^T
//
// The caller brings the threads: each product runs on the thread that asks for it.
// OpenBLAS takes a buffer for every thread that is in a product (128 MiB of addresses on x86-64, of which a product touches a few), and
// where the system refuses it asks again for ever. So whoever has a pool calls matrix_reserve first, once: it takes the buffers
// while nothing is refused, beyond --memory, and they are kept.
#ifndef MATH_MATRIX_H
#define MATH_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

//   threads  1 to POOL_THREADS_MAX that will be in products at once
void matrix_reserve(size_t threads);

// c (m, n) = alpha a (m, k) b (n, k)^T + beta c. With beta = 0 what c held does not matter.
void matrix_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc);

// c (m, n) = alpha a (m, k) b (k, n) + beta c
void matrix_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc);

// c (m, n) = alpha a (k, m)^T b (k, n) + beta c
void matrix_tn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc);

// Solves a x = b for a symmetric positive definite a, of which the lower half is read; it holds its Cholesky factor afterwards.
//   b   (n) in; out: x. NaN if a is not positive definite
void matrix_solve(size_t n, float *a, size_t lda, float *b);

// Replaces a symmetric positive definite a (n, n) by its inverse, of which both halves are written. False if a is not positive definite.
//   threads  of BLAS, for this call
bool matrix_invert(size_t n, float *a, size_t threads) __attribute__((warn_unused_result));

#endif
