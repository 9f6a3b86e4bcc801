// The element-wise rules of the optimisers, on n numbers side by side. Formulas as in Keras 2.15 (tests/golden/README.md).
#ifndef MATH_UPDATE_H
#define MATH_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

// accumulator += d^2; value -= lr d / sqrt(accumulator + epsilon)
void update_adagrad(float *restrict value, float *restrict accumulator, const float *restrict d, size_t n, float lr, float epsilon);

// value += by d
void update_add(float *restrict value, const float *restrict d, size_t n, float by);

// value *= by
void update_scale(float *value, size_t n, float by);

// v += by d^2
void update_add_squares(float *restrict v, const float *restrict d, size_t n, float by);

struct adam {
    double beta_1, beta_2, alpha, epsilon;  // alpha: the rate, with the corrections of this step
};

// m = beta_1 m + (1 - beta_1) d; v = beta_2 v + (1 - beta_2) d^2; value -= alpha m / (sqrt(v) + epsilon). d NULL: zeros
void update_adam(float *restrict value, float *restrict m, float *restrict v, const float *restrict d, size_t n, const struct adam *adam);

// False if one of n numbers is NaN or infinite.
bool update_finite(const float *value, size_t n);

// True if one of n numbers is below 0.
bool update_negative(const float *value, size_t n);

#endif
