// The row-wise steps of a softmax, on rows padded to whole lanes of 16.
//
//     float max = softmax_max(scores, bias, n);               // logits are scores + bias
//     double sum = softmax_exp(scores, bias, max, n);         // scores become exp(logit - max)
//     softmax_scale(scores, (float)(1 / sum), n);
//
//   scores  (n)  in and out
//   bias    (n)  added to the scores; padding is -INFINITY
//
// n is a multiple of 16. A NaN or an infinite score makes the sum NaN or infinite, never a plausible number.
#ifndef MATH_SOFTMAX_H
#define MATH_SOFTMAX_H

#include <stddef.h>

// The largest logit; -INFINITY if n = 0.
float softmax_max(const float *scores, const float *bias, size_t n);

// Replaces scores by exp(score + bias - max), 0 where that is below exp(-87), and returns their sum. Relative error below 2e-7 a term
// for the exponential itself; logits are floats, so a logit of 100 has lost 4e-6 before.
double softmax_exp(float *scores, const float *bias, float max, size_t n);

void softmax_scale(float *scores, float by, size_t n);

#endif
