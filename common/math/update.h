// The element-wise rules of the optimisers, on n numbers side by side. Formulas as in Keras 2.15 (tests/golden/README.md).
#ifndef MATH_UPDATE_H
#define MATH_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

// accumulator += d^2; value -= lr d / sqrt(accumulator + epsilon)
void update_adagrad(float *restrict value, float *restrict accumulator, const float *restrict d, size_t n, float lr, float epsilon);

// value += by d
void update_add(float *restrict value, const float *restrict d, size_t n, float by);

// m *= beta_1, v *= beta_2: what every row does in a step of Adam, touched or not
void update_scale(float *value, size_t n, float by);

// v += by d^2
void update_add_squares(float *restrict v, const float *restrict d, size_t n, float by);

// value -= alpha m / (sqrt(v) + epsilon)
void update_adam(float *restrict value, const float *restrict m, const float *restrict v, size_t n, float alpha, float epsilon);

// False if one of n numbers is NaN or infinite.
bool update_finite(const float *value, size_t n);

// True if one of n numbers is below 0.
bool update_negative(const float *value, size_t n);

#endif
