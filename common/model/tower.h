// A tower: rows of encoded columns go in, vectors come out. The inputs are set side by side (input.h), and go through the layers.
//
//     const float *vectors = tower_forward(tower, &run, columns, n, pool);       // (n, tower->dim), in `run`
//     ...
//     tower_backward(tower, &run, d_vectors, pool);                              // adds to the gradients of the parameters
//
// Rows are cut into tiles, and each tile goes through all layers while it is in the cache. Gradients of layers are summed over slabs of
// tiles, at most eight, which are then added in order; how many there are depends on n alone, so bytes do not depend on the number of threads.
#ifndef MODEL_TOWER_H
#define MODEL_TOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/model/input.h"
#include "common/model/layer.h"

struct tower {
    const struct config_tower *config;
    bool contextual;                        // an input is a column of the interactions
    const char **context;                   // (n_context) those columns, and their weights
    size_t n_context;
    size_t n_inputs, n_layers, width, dim;  // width: of the inputs side by side; dim: of what comes out
    struct input *inputs;                   // (n_inputs)
    struct layer *layers;                   // (n_layers)
    struct param **parts;                   // (n_parts) parameters of the poolings, then of the layers, each from its `first` on
    size_t n_parts;
};

// What one evaluation leaves behind for its backward pass. Start from {0}; may be used again for any number of rows of this tower.
struct tower_run {
    bool training;             // set by the caller, with the seed of the step
    uint64_t seed;
    const unsigned char *keep; // (n, n_inputs) 0 where an input is masked, that is, zeros; NULL: nowhere. Set by the caller
    size_t n, capacity;        // rows
    struct input_run *inputs;  // (n_inputs)
    float **outputs;           // (n_layers + 1)(n, width): the inputs, then what each layer gave
    float *d_inputs;           // (n, width)
    float **d_params;          // (slabs)(n_parts) gradients
    struct arena *scratch;     // (threads)
    size_t threads;
};

//   columns  (n_inputs) where to find the inputs; borrowed until the evaluation is over
// Returns (n, dim), owned by the run, valid until it is used again.
const float *tower_forward(const struct tower *tower, struct tower_run *run, const struct input_column *columns, size_t n,
                           struct pool *pool);

//   d_vectors  (run->n, dim): the gradient of what the last forward pass gave
void tower_backward(const struct tower *tower, struct tower_run *run, const float *d_vectors, struct pool *pool);

void tower_run_free(const struct tower *tower, struct tower_run *run);

#endif
