// Losses of a positive score against each of many negative ones, on rows padded to whole lanes of 16.
//
//     double loss = pairwise_logistic(scores, times, n, positive, by, d, &pull);      // BPR
//
//   scores  (n)  of the negatives; minus infinity takes one out
//   times   (n)  how often each counts, 0 in the padding
//   d       (n)  added to: by * times * the derivative with respect to the score
//   pull    out: the sum of times * derivative, which the positive gets with the other sign
//
// n is a multiple of 16. A score that is NaN makes the result NaN.
#ifndef MATH_PAIRWISE_H
#define MATH_PAIRWISE_H

#include <stddef.h>

// The sum of times * log(1 + exp(score - positive)). Relative error of a term below 1e-6.
double pairwise_logistic(const float *scores, const float *times, size_t n, float positive, float by, float *d, double *pull);

// The sum of times * max(0, score - threshold).
double pairwise_hinge(const float *scores, const float *times, size_t n, float threshold, float by, float *d, double *pull);

#endif
