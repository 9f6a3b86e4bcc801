#include "common/model/tower.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

static size_t widest(const struct tower *tower)
{
    size_t most = tower->width;
    for (size_t i = 0; i < tower->n_layers; i++)
        most = tower->layers[i].out > most ? tower->layers[i].out : most;
    return most;
}

static void release(const struct tower *tower, struct tower_run *run)
{
    for (size_t j = 0; run->ids != NULL && j < tower->n_inputs; j++)
        free(run->ids[j]);
    for (size_t l = 0; run->outputs != NULL && l <= tower->n_layers; l++)
        free(run->outputs[l]);
    free(run->d_outputs[0]);
    free(run->d_outputs[1]);
}

static void make_room(const struct tower *tower, struct tower_run *run, size_t n)
{
    run->n = n;
    if (n <= run->capacity && run->ids != NULL)
        return;
    size_t capacity = run->capacity * 2 > n ? run->capacity * 2 : n;
    release(tower, run);
    if (run->ids == NULL) {
        run->ids = memory_zeros(tower->n_inputs, sizeof *run->ids);
        run->outputs = memory_zeros(tower->n_layers + 1, sizeof *run->outputs);
    }
    for (size_t j = 0; j < tower->n_inputs; j++)
        run->ids[j] = memory_aligned(capacity, sizeof *run->ids[j]);
    run->outputs[0] = memory_aligned(capacity * tower->width, sizeof(float));
    for (size_t l = 0; l < tower->n_layers; l++)
        run->outputs[l + 1] = memory_aligned(capacity * tower->layers[l].out, sizeof(float));
    for (size_t i = 0; i < 2; i++)
        run->d_outputs[i] = memory_aligned(capacity * widest(tower), sizeof(float));
    run->capacity = capacity;
}

const float *tower_forward(const struct tower *tower, struct tower_run *run, const uint32_t *const *columns, const uint32_t *rows,
                           size_t n)
{
    make_room(tower, run, n);
    for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++]->width) {
        const struct param *param = tower->inputs[j];
        for (size_t i = 0; i < n; i++) {
            uint32_t id = run->ids[j][i] = columns[j][rows != NULL ? rows[i] : i];
            memcpy(run->outputs[0] + i * tower->width + at, param->value + id * param->width, param->width * sizeof(float));
        }
    }
    for (size_t l = 0; l < tower->n_layers; l++)
        tower->layers[l].kind->forward(&tower->layers[l], run->outputs[l], n, run->outputs[l + 1]);
    return run->outputs[tower->n_layers];
}

void tower_backward(const struct tower *tower, struct tower_run *run, const float *d_vectors)
{
    const float *d = d_vectors;
    for (size_t l = tower->n_layers; l-- > 0;) {
        float *d_in = run->d_outputs[l % 2];
        tower->layers[l].kind->backward(&tower->layers[l], run->outputs[l], run->outputs[l + 1], d, run->n, d_in);
        d = d_in;
    }
    for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++]->width)
        param_touch(tower->inputs[j], run->ids[j], run->n, d + at, tower->width);
}

void tower_run_free(const struct tower *tower, struct tower_run *run)
{
    release(tower, run);
    free(run->ids);
    free(run->outputs);
    *run = (struct tower_run){0};
}
