// EASE: what having taken one item says of each other, as one ridge regression of all items on all items without the item itself.
//
//     float *weights = memory_aligned(items * items, sizeof *weights);
//     ease_weights(users, items, lists, taken, ease_lambda(taken_in_all, items), weights);
//     // the score of item j for a user: the sum of weights[i * items + j] over the items i that were taken
//
// Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data": with P the inverse of X^T X + lambda I, the weights are
// -P_ij / P_jj, and 0 where i = j. Time items^3 and the sum of the squared lengths of the lists; memory that of the result.
#ifndef MATH_EASE_H
#define MATH_EASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//   lists    (users + 1) into taken: user u took taken[lists[u]] up to before taken[lists[u + 1]], each item once
//   weights  (items, items) out
// False, and no weights, if the matrix cannot be inverted: lambda is too small.
bool ease_weights(size_t users, size_t items, const uint32_t *lists, const uint32_t *taken, double lambda, float *weights)
    __attribute__((warn_unused_result));

// A lambda for n pairs taken of so many items: 45 times the root of how often an item was taken.
double ease_lambda(size_t n, size_t items);

#endif
