// The functions that a layer applies to each of its numbers, as in Keras 2.15.
//
//     activation_apply(ACTIVATION_TANH, y, n);                     // in place
//     activation_back(ACTIVATION_TANH, NULL, y, d, n);             // d times the derivative
#ifndef MATH_ACTIVATION_H
#define MATH_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

enum activation { ACTIVATION_LINEAR, ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID, ACTIVATION_GELU, ACTIVATION_SELU, ACTIVATIONS };

// By number; "linear" is the identity, "gelu" x times the normal distribution of x, exactly.
extern const char *const activation_names[ACTIVATIONS];

void activation_apply(enum activation activation, float *x, size_t n);

// Whether the derivative is taken of what went in, not of what came out.
bool activation_wants_input(enum activation activation);

//   x  (n)  what went in; may be NULL unless it is wanted
//   y  (n)  what came out
//   d  (n)  the gradient with respect to y; out: with respect to x
void activation_back(enum activation activation, const float *x, const float *y, float *d, size_t n);

#endif
