// Matrices by their rows: inner products, rows scaled to length 1, sums.
#ifndef MATH_ROWS_H
#define MATH_ROWS_H

#include <stddef.h>

float rows_dot(const float *a, const float *b, size_t dim);

//   x, y  (n, dim)  y = x / |x|; a row of zeros stays one
void rows_normalize(const float *x, size_t n, size_t dim, float *y);

//   d_x  (n, dim)  overwritten: (d_y - y (y . d_y)) / |x|; zeros where x is
void rows_normalize_back(const float *x, const float *y, const float *d_y, size_t n, size_t dim, float *d_x);

// y (n, dim) = gamma (x - m) / sqrt(v + epsilon) + beta, with m and v the mean and the population variance of each row
void rows_standardize(const float *x, size_t n, size_t dim, const float *gamma, const float *beta, float epsilon, float *y);

//   d_x  (n, dim) overwritten   d_gamma, d_beta  (dim) added to
void rows_standardize_back(const float *x, const float *d_y, size_t n, size_t dim, const float *gamma, float epsilon, float *d_x,
                           float *d_gamma, float *d_beta);

// y (n, dim) = n times the same row
void rows_repeat(const float *row, size_t n, size_t dim, float *y);

// sum (dim) += the sum of the rows of x (n, dim)
void rows_sum(const float *x, size_t n, size_t dim, float *sum);

#endif
