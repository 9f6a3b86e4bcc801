// Maximal marginal relevance (Carbonell and Goldstein 1998): a list in which a candidate counts for less the more it is like one before it.
//
//     mmr_order(index, 0.7, hits, 100, &scratch);      // hits: a hundred best; now each next one is the best trade
//
// The next candidate is always the one with the largest
//
//     lambda * relevance - (1 - lambda) * similarity to the most similar one before it
//
// where relevance is its score, scaled so that the best of the hits has 1 and the worst 0, and similarity the cosine of the vectors, and -1 for
// the first. That number is its new score: it falls along the list. Among equals, the one that came first stays first. lambda = 1 changes no order.
#ifndef INDEX_MMR_H
#define INDEX_MMR_H

#include "common/index/index.h"

//   hits  (n) in and out; finite scores
// Time n * n * dim; scratch n * dim floats.
void mmr_order(const struct index *index, double lambda, struct topk_hit *hits, size_t n, struct arena *scratch);

#endif
