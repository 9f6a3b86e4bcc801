#include "common/model/tower.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"
#include "common/math/update.h"

enum { TILE_ROWS = 256, SLABS_MAX = 8 };

static size_t tiles_of(size_t n)
{
    return (n + TILE_ROWS - 1) / TILE_ROWS;
}

static size_t slabs_of(size_t n)
{
    return tiles_of(n) < SLABS_MAX ? tiles_of(n) : SLABS_MAX;
}

static size_t width_of(const struct tower *tower, size_t layer)
{
    return layer == 0 ? tower->width : tower->layers[layer - 1].out;
}

static void free_rows(const struct tower *tower, struct tower_run *run)
{
    for (size_t l = 0; run->outputs != NULL && l <= tower->n_layers; l++)
        free(run->outputs[l]);
    free(run->d_inputs);
}

static void make_room(const struct tower *tower, struct tower_run *run, size_t n, size_t threads)
{
    run->n = n;
    if (run->outputs == NULL) {
        run->inputs = memory_zeros(tower->n_inputs, sizeof *run->inputs);
        run->outputs = memory_zeros(tower->n_layers + 1, sizeof *run->outputs);
        run->scratch = memory_zeros(threads, sizeof *run->scratch);
        run->threads = threads;
    }
    if (n <= run->capacity)
        return;
    size_t capacity = run->capacity * 2 > n ? run->capacity * 2 : n;
    free_rows(tower, run);
    for (size_t l = 0; l <= tower->n_layers; l++)
        run->outputs[l] = memory_aligned(capacity * width_of(tower, l), sizeof(float));
    run->d_inputs = memory_aligned(capacity * tower->width, sizeof(float));
    run->capacity = capacity;
}

// The work of one evaluation, for the threads.
struct work {
    const struct tower *tower;
    struct tower_run *run;
    const float *d_vectors;
};

static size_t tile_rows(const struct work *w, size_t tile)
{
    size_t from = tile * TILE_ROWS;
    return w->run->n - from < TILE_ROWS ? w->run->n - from : TILE_ROWS;
}

// `number` tells the parts of the tower apart: the inputs, then the layers.
static struct pass pass_of(const struct work *w, size_t number, size_t tile, size_t worker)
{
    return (struct pass){
        .training = w->run->training, .seed = rng_mix(w->run->seed ^ rng_mix(number)), .first = tile * TILE_ROWS,
        .scratch = &w->run->scratch[worker],
    };
}

// Makes zeros of the masked inputs' part of rows (rows, width), or of its gradient.
static void mask_rows(const struct tower *tower, const unsigned char *keep, size_t rows, float *x)
{
    for (size_t i = 0; i < rows; i++, x += tower->width)
        for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++].width)
            if (!keep[i * tower->n_inputs + j])
                memset(x + at, 0, tower->inputs[j].width * sizeof *x);
}

static void forward_tile(void *context, size_t tile, size_t worker)
{
    const struct work *w = context;
    const struct tower *tower = w->tower;
    struct tower_run *run = w->run;
    size_t from = tile * TILE_ROWS, rows = tile_rows(w, tile);
    arena_reset(&run->scratch[worker]);
    for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++].width) {
        struct pass pass = pass_of(w, j, tile, worker);
        input_forward(&tower->inputs[j], &run->inputs[j], &pass, from, rows, run->outputs[0] + from * tower->width + at, tower->width);
    }
    if (run->keep != NULL)
        mask_rows(tower, run->keep + from * tower->n_inputs, rows, run->outputs[0] + from * tower->width);
    for (size_t l = 0; l < tower->n_layers; l++) {
        const struct layer *layer = &tower->layers[l];
        struct pass pass = pass_of(w, tower->n_inputs + l, tile, worker);
        layer->kind->forward(layer, &pass, run->outputs[l] + from * layer->in, rows, run->outputs[l + 1] + from * layer->out);
    }
}

const float *tower_forward(const struct tower *tower, struct tower_run *run, const struct input_column *columns, size_t n,
                           struct pool *pool)
{
    make_room(tower, run, n, pool_threads(pool));
    for (size_t j = 0; j < tower->n_inputs; j++)
        input_take(&tower->inputs[j], &run->inputs[j], &columns[j], n);
    struct work w = {.tower = tower, .run = run};
    pool_run(pool, tiles_of(n), forward_tile, &w);
    return run->outputs[tower->n_layers];
}

static void backward_tile(const struct work *w, size_t tile, float *const *d_params, size_t worker)
{
    const struct tower *tower = w->tower;
    struct tower_run *run = w->run;
    size_t from = tile * TILE_ROWS, rows = tile_rows(w, tile);
    arena_reset(&run->scratch[worker]);
    const float *d = w->d_vectors + from * tower->dim;
    float *d_inputs = run->d_inputs + from * tower->width;
    for (size_t l = tower->n_layers; l-- > 0;) {
        const struct layer *layer = &tower->layers[l];
        float *d_x = l == 0 ? d_inputs : arena_array(&run->scratch[worker], rows * layer->in, sizeof *d_x);
        struct pass pass = pass_of(w, tower->n_inputs + l, tile, worker);
        pass.d_params = d_params + layer->first;
        layer->kind->backward(layer, &pass, run->outputs[l] + from * layer->in, run->outputs[l + 1] + from * layer->out, d, rows, d_x);
        d = d_x;
    }
    if (tower->n_layers == 0)
        memcpy(d_inputs, d, rows * tower->width * sizeof *d);
    if (run->keep != NULL)
        mask_rows(tower, run->keep + from * tower->n_inputs, rows, d_inputs);
    for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++].width) {
        struct pass pass = pass_of(w, j, tile, worker);
        pass.d_params = d_params + tower->inputs[j].first;
        input_backward(&tower->inputs[j], &run->inputs[j], &pass, from, rows, d_inputs + at, tower->width);
    }
}

static void backward_slab(void *context, size_t slab, size_t worker)
{
    const struct work *w = context;
    size_t tiles = tiles_of(w->run->n), slabs = slabs_of(w->run->n);
    for (size_t tile = tiles * slab / slabs; tile < tiles * (slab + 1) / slabs; tile++)
        backward_tile(w, tile, w->run->d_params + slab * w->tower->n_parts, worker);
}

// The first slab adds to the gradients themselves, the others to sums of their own.
static void start_gradients(const struct tower *tower, struct tower_run *run)
{
    if (run->d_params == NULL)
        run->d_params = memory_zeros(SLABS_MAX * tower->n_parts, sizeof *run->d_params);
    for (size_t p = 0; p < tower->n_parts; p++) {
        size_t n = tower->parts[p]->rows * tower->parts[p]->width;
        run->d_params[p] = param_dense(tower->parts[p]);
        for (size_t s = 1; s < slabs_of(run->n); s++) {
            float **sum = &run->d_params[s * tower->n_parts + p];
            if (*sum == NULL)
                *sum = memory_aligned(n, sizeof **sum);
            memset(*sum, 0, n * sizeof **sum);
        }
    }
}

static void add_slabs(void *context, size_t p, size_t worker)
{
    (void)worker;
    const struct work *w = context;
    const struct param *param = w->tower->parts[p];
    for (size_t s = 1; s < slabs_of(w->run->n); s++)
        update_add(w->run->d_params[p], w->run->d_params[s * w->tower->n_parts + p], param->rows * param->width, 1);
}

// Inputs with one table add to it one after the other, by whoever takes the first of them.
static void touch_table(void *context, size_t first, size_t worker)
{
    (void)worker;
    const struct work *w = context;
    const struct tower *tower = w->tower;
    for (size_t j = 0; j < first; j++)
        if (tower->inputs[j].table == tower->inputs[first].table)
            return;
    for (size_t j = 0, at = 0; j < tower->n_inputs; at += tower->inputs[j++].width)
        if (tower->inputs[j].table == tower->inputs[first].table)
            input_touch(&tower->inputs[j], &w->run->inputs[j], w->run->d_inputs + at, tower->width);
}

void tower_backward(const struct tower *tower, struct tower_run *run, const float *d_vectors, struct pool *pool)
{
    struct work w = {.tower = tower, .run = run, .d_vectors = d_vectors};
    if (run->n == 0)
        return;
    start_gradients(tower, run);
    pool_run(pool, slabs_of(run->n), backward_slab, &w);
    pool_run(pool, tower->n_parts, add_slabs, &w);
    pool_run(pool, tower->n_inputs, touch_table, &w);
}

void tower_run_free(const struct tower *tower, struct tower_run *run)
{
    free_rows(tower, run);
    for (size_t j = 0; run->inputs != NULL && j < tower->n_inputs; j++)
        input_run_free(&run->inputs[j]);
    for (size_t i = tower->n_parts; run->d_params != NULL && i < SLABS_MAX * tower->n_parts; i++)
        free(run->d_params[i]);
    for (size_t t = 0; t < run->threads; t++)
        arena_free(&run->scratch[t]);
    free(run->inputs);
    free(run->outputs);
    free(run->d_params);
    free(run->scratch);
    *run = (struct tower_run){0};
}
