// y = x K + b: what dense, crossing, recurrent and attention layers are made of.
#ifndef MATH_LINEAR_H
#define MATH_LINEAR_H

#include <stddef.h>

//   x       (rows, in)
//   kernel  (in, out)
//   bias    (out), or NULL
//   y       (rows, out), overwritten
void linear(const float *x, size_t rows, size_t in, const float *kernel, const float *bias, size_t out, float *y);

// Adds to the gradients of kernel and bias (NULL: none).
//   d_y   (rows, out)
//   d_x   (rows, in), or NULL; multiplied by `keep` before the gradient is added: 0 overwrites it
void linear_back(const float *x, const float *d_y, size_t rows, size_t in, const float *kernel, size_t out, float *d_kernel, float *d_bias,
                 float *d_x, float keep);

#endif
