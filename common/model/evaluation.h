// A tower, evaluated for rows of its side's table, with the columns it reads and the gradient that comes back.
//
//     struct evaluation e = evaluation_new(tower);
//     evaluation_start(&e, &side, true);                                      // once the tables are whole
//     const float *vectors = evaluation_forward(&e, &batch, rows, at, n, pool);   // (n, tower->dim)
//     ... the gradient into e.d_vectors ...
//     evaluation_backward(&e, pool);
#ifndef MODEL_EVALUATION_H
#define MODEL_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/model/tower.h"

struct evaluation {
    const struct tower *tower;
    struct input_column *columns;   // (n_inputs) those of the side's table; of the interactions, those of the batch
    struct tower_run run;           // run.seed is set by the caller
    float *d_vectors;               // (n, dim) of the last forward pass, not cleared
    size_t capacity;
};

struct evaluation evaluation_new(const struct tower *tower);

// Checks the columns.
//   side      the side's table with its columns feature/F, whole; borrowed
//   training  else as in use: nothing is dropped
void evaluation_start(struct evaluation *evaluation, const struct frame *side, bool training);

//   batch  interactions; needed if the tower is contextual
//   rows   (n) of the side's table
//   at     (n) of the batch; needed if the tower is contextual
const float *evaluation_forward(struct evaluation *evaluation, const struct frame *batch, const uint32_t *rows, const uint32_t *at, size_t n,
                                struct pool *pool);

// Adds to the gradients of the parameters.
void evaluation_backward(struct evaluation *evaluation, struct pool *pool);

void evaluation_free(struct evaluation *evaluation);

#endif
