// A tower: rows of ids go in, vectors come out. Inputs are looked up in their embeddings, set side by side, and go through the layers.
//
//     const float *vectors = tower_forward(tower, &run, columns, rows, n);       // (n, tower->dim), in `run`
//     ...
//     tower_backward(tower, &run, d_vectors);                                    // adds to the gradients of the parameters
#ifndef MODEL_TOWER_H
#define MODEL_TOWER_H

#include <stddef.h>
#include <stdint.h>

#include "common/model/layer.h"
#include "common/model/param.h"

struct tower {
    const struct config_tower *config;
    size_t n_inputs, n_layers, width, dim;  // width: of the inputs side by side; dim: of what comes out
    struct param **inputs;                  // (n_inputs); two towers with the same feature share the parameter
    struct layer *layers;                   // (n_layers)
};

// What one evaluation leaves behind for its backward pass. Start from {0}; may be used again for any number of rows.
struct tower_run {
    size_t n, capacity;    // rows
    uint32_t **ids;        // (n_inputs)(n)
    float **outputs;       // (n_layers + 1)(n, width): the inputs, then what each layer gave
    float *d_outputs[2];   // (n, widest)
};

//   columns  (n_inputs): the ids of input j are columns[j], below tower->inputs[j]->rows (asserted by the caller's checks)
//   rows     (n) which of them to take; NULL: the first n
// Returns (n, dim), owned by the run, valid until it is used again.
const float *tower_forward(const struct tower *tower, struct tower_run *run, const uint32_t *const *columns, const uint32_t *rows,
                           size_t n);

//   d_vectors  (run->n, dim): the gradient of what the last forward pass gave
void tower_backward(const struct tower *tower, struct tower_run *run, const float *d_vectors);

void tower_run_free(const struct tower *tower, struct tower_run *run);

#endif
