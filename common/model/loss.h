// Losses of a batch, as functions of its distinct queries and its distinct candidates.
//
//     struct loss *loss = loss_new(&call);                     // "softmax(temperature=0.1)"
//     double value = loss->kind->run(loss, &batch, pool);      // and the gradients
//
// A new kind is a file loss_NAME.c and a row in loss_kinds.
#ifndef MODEL_LOSS_H
#define MODEL_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/pool.h"
#include "common/model/kind.h"

struct loss_batch {
    size_t dim, n_queries, n_candidates;
    const float *query, *candidate;     // (n_queries, dim), (n_candidates, dim)
    float *d_query, *d_candidate;       // the same shapes, overwritten
    size_t n;                           // examples
    const uint32_t *query_of;           // (n) rows of query
    const uint32_t *candidate_of;       // (n) rows of candidate
    const float *weight;                // (n), or NULL: all 1
    const float *probability;           // (n_candidates): how often a candidate is met in a batch, for log-q; or NULL: no correction
    bool remove_hits;                   // other examples of a batch with the example's candidate are not its negatives
    double factor;                      // multiplies loss and gradients
};

struct loss {
    const struct loss_kind *kind;
    double args[KIND_ARGS_MAX];
    struct arena scratch;               // forgotten from batch to batch
};

struct loss_kind {
    const char *name, *help;
    const struct kind_arg *args;
    // The weighted sum over the examples, times factor. The result does not depend on the number of threads.
    double (*run)(struct loss *loss, const struct loss_batch *batch, struct pool *pool);
};

extern const struct loss_kind *const loss_kinds[];  // ends with NULL

// Owned by the caller, released by loss_free.
struct loss *loss_new(const struct call *call) __attribute__((warn_unused_result));
void loss_free(struct loss *loss);

#endif
