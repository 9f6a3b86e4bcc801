#include "common/model/evaluation.h"

#include <stdlib.h>

#include "common/base/arena.h"

struct evaluation evaluation_new(const struct tower *tower)
{
    return (struct evaluation){.tower = tower, .columns = memory_zeros(tower->n_inputs, sizeof(struct input_column))};
}

void evaluation_start(struct evaluation *e, const struct frame *side, bool training)
{
    e->run.training = training;
    for (size_t j = 0; j < e->tower->n_inputs; j++)
        if (!e->tower->inputs[j].interaction)
            e->columns[j] = input_column(&e->tower->inputs[j], side);
}

const float *evaluation_forward(struct evaluation *e, const struct frame *batch, const uint32_t *rows, const uint32_t *at, size_t n,
                                struct pool *pool)
{
    const struct tower *tower = e->tower;
    for (size_t j = 0; j < tower->n_inputs; j++) {
        if (tower->inputs[j].interaction)
            e->columns[j] = input_column(&tower->inputs[j], batch);
        e->columns[j].rows = tower->inputs[j].interaction ? at : rows;
    }
    e->d_vectors = memory_grow(e->d_vectors, &e->capacity, n * tower->dim, sizeof(float));
    return tower_forward(tower, &e->run, e->columns, n, pool);
}

void evaluation_backward(struct evaluation *e, struct pool *pool)
{
    tower_backward(e->tower, &e->run, e->d_vectors, pool);
}

void evaluation_free(struct evaluation *e)
{
    if (e->tower == NULL)
        return;
    tower_run_free(e->tower, &e->run);
    free(e->columns);
    free(e->d_vectors);
}
