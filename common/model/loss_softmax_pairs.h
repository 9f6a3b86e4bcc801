// The softmax loss of TFRS's Retrieval task over a table of n examples by m candidates, with everything that task can do:
// hard negatives, a mask, more candidates than examples, several vectors a query. Column i of row i is the positive.
//
// It costs what such a table costs; loss_softmax.c does the common case over distinct rows, and comes here for hard negatives.
#ifndef MODEL_LOSS_SOFTMAX_PAIRS_H
#define MODEL_LOSS_SOFTMAX_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

struct softmax_pairs {
    size_t n, heads, m, dim;        // m >= n
    const float *query;             // (n, heads, dim); a score is the best of a query's heads
    const float *candidate;         // (m, dim)
    float *d_query, *d_candidate;   // the same shapes, overwritten
    const float *weight;            // (n), or NULL
    const float *probability;       // (m), or NULL: scores lose log(clip(probability, 1e-6, 1))
    const uint32_t *hits;           // (m) candidate ids whose other occurrences are dropped from a row, or NULL
    const unsigned char *mask;      // (n, m) 0 drops a score, or NULL
    double temperature;
    size_t hard;                    // the positive and so many of the highest other scores are kept; SIZE_MAX: all
    double factor;                  // multiplies loss and gradients
};

// The sum over the rows of weight times cross-entropy. Time n m dim; scratch from the arena.
double softmax_pairs(const struct softmax_pairs *pairs, struct arena *scratch);

#endif
