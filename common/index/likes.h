// The vector of somebody of whom nothing is known but which candidates they like: a new query folded into a finished model.
//
// It is what the softmax over all candidates would learn for such a query, the candidates' vectors held fixed, with a prior: the maximum of
//
//     sum over the likes i of log softmax(V u)_i  -  lambda / 2 |u - u0|^2,      lambda = 30 trace(C) / dim
//
// where V are all vectors, u0 is where to begin (the vector of an unknown query) and C the covariance of the candidates' vectors by the
// probabilities that u0 gives them. So the prior counts for as much as 30 likes, whatever the scale of the vectors. What all candidates have in
// common cancels out: a like counts for what sets its candidate apart.
#ifndef INDEX_LIKES_H
#define INDEX_LIKES_H

#include "common/index/index.h"

//   rows    (n) of the liked candidates, n > 0; may repeat
//   vector  (dim) in: u0; out: u
// Four steps of Newton's method: time 4 * index->rows * dim * dim. Scratch 4 bytes a row of the index, and 4 MiB.
void likes_vector(const struct index *index, const uint32_t *rows, size_t n, float *vector, struct arena *scratch);

#endif
