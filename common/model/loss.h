// Losses of a batch, as functions of its distinct queries and its distinct candidates.
//
//     struct loss *loss = loss_new(&call);                     // "softmax(temperature=0.1)"
//     double value = loss_run(loss, &batch, pool);             // and the gradients
//
// A loss sets the candidate of an example, its positive, against negatives: candidates that all queries share (those of the batch, drawn
// ones, the whole catalogue: sampler.h says which), and others of one query only. Every kind takes all of that; a kind says what
// one query's scores come to (loss_row.h). A new kind is a file loss_NAME.c and a row in loss_kinds.
#ifndef MODEL_LOSS_H
#define MODEL_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/pool.h"
#include "common/model/kind.h"

struct loss_batch {
    size_t dim, heads;                  // heads of a query: its score is that of the best; 0 means 1
    size_t n_queries, n_candidates;
    size_t n_apart;                     // the last so many candidates are not among the shared negatives
    const float *query, *candidate;     // (n_queries, heads, dim), (n_candidates, dim)
    float *d_query, *d_candidate;       // the same shapes, overwritten
    size_t n;                           // examples
    const uint32_t *query_of;           // (n) rows of query
    const uint32_t *candidate_of;       // (n) rows of candidate
    const float *weight;                // (n), or NULL: all 1
    const uint32_t *times;              // (n_candidates - n_apart) how often each is among the shared negatives; NULL: as often as in the examples
    bool among;                         // each example's candidate is once among these as that, and no negative; true if times is NULL
    const float *probability;           // (n_candidates): the share of a candidate among the negatives, for log-q; or NULL: no correction
    bool remove_hits;                   // where an example's candidate is among the negatives, it is not one of its own
    const uint32_t *own_starts, *own;   // query u has as further negatives the candidates own[own_starts[u]] up to before own[own_starts[u + 1]]
    const float *own_probability;       // beside own; or NULL
    const uint32_t *dropped_starts, *dropped;  // the same of shared candidates that are no negatives of the query; or NULL
    uint64_t seed;                      // of this step, for kinds that draw
    size_t catalogue;                   // candidates there are in all, for ranks
    bool mean;                          // divides loss and gradients by the number of examples
    double factor;                      // multiplies them
};

struct loss {
    const struct loss_kind *kind;
    double args[KIND_ARGS_MAX];
    struct arena scratch;               // forgotten from batch to batch
};

struct loss_tiles;
struct loss_row;

struct loss_kind {
    const char *name, *help;
    const struct kind_arg *args;
    const char *negatives;              // the samplers that fit it, if the configuration names none
    bool cosine;                        // scores have to be cosines: both towers end in normalize()
    bool logq;                          // knows the correction for unequal probabilities
    // Turns the scores of one query into the gradient with respect to them; returns the loss of its examples.
    double (*row)(const struct loss_tiles *tiles, struct loss_row *row);
};

extern const struct loss_kind *const loss_kinds[];  // ends with NULL

// Owned by the caller, released by loss_free.
struct loss *loss_new(const struct call *call) __attribute__((warn_unused_result));
void loss_free(struct loss *loss);

// The argument of this name, or `otherwise` if the kind has none.
double loss_arg(const struct loss *loss, const char *name, double otherwise);

// The weighted sum over the examples, times factor. The result does not depend on the number of threads.
double loss_run(struct loss *loss, const struct loss_batch *batch, struct pool *pool) __attribute__((warn_unused_result));

#endif
