// Checks for layers and poolings: gradients against central differences, values and gradients against golden files.
//
// What is checked is the scalar sum of upstream times output, as in the golden files.
#ifndef TESTS_PARTS_H
#define TESTS_PARTS_H

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/model/layer.h"
#include "tests/golden.h"
#include "tests/unit.h"

static struct arena parts_arena, parts_scratch;

// n numbers between -1 and 1, other ones for another seed.
static inline float *parts_random(size_t n, uint64_t seed)
{
    float *x = arena_array(&parts_arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * rng_unit(rng_bits(seed, n, i)) - 1);
    return x;
}

// Parameters with random numbers of a size that leaves activations where they bend.
static inline void parts_fill(struct part *part, uint64_t seed)
{
    for (size_t p = 0; p < part->n_params; p++)
        part->params[p]->value = parts_random(part->params[p]->rows * part->params[p]->width, seed + p);
}

// A pass with room for gradients, cleared.
static inline struct pass parts_pass(const struct part *part)
{
    float **d_params = arena_array(&parts_arena, part->n_params, sizeof *d_params);
    for (size_t p = 0; p < part->n_params; p++)
        d_params[p] = arena_zeros(&parts_arena, part->params[p]->rows * part->params[p]->width, sizeof **d_params);
    return (struct pass){.seed = 7, .scratch = &parts_scratch, .d_params = d_params};
}

// A sum as a function of numbers that can be changed.
struct parts_sum {
    double (*value)(const void *context);
    const void *context;
};

// The derivatives found of n numbers against central differences. Their own error is h^2 and rounding / h; a number at a bend of the
// function is off by more, so one in fifty may be.
static inline void parts_compare(const struct parts_sum *sum, float *x, const float *found, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++) {
        float before = x[i], h = 1.0f / 256, up = before + h, down = before - h;
        x[i] = up;
        double high = sum->value(sum->context);
        x[i] = down;
        double low = sum->value(sum->context);
        x[i] = before;
        NEAR(found[i], (high - low) / ((double)up - (double)down), tolerance);
    }
}

static inline double parts_dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// Layers.

struct layer_check {
    struct layer layer;
    struct pass pass;
    size_t rows;
    float *x, *y, *upstream, *d_x;
};

static inline double layer_sum(const void *context)
{
    const struct layer_check *c = context;
    float *y = arena_array(&parts_scratch, c->rows * c->layer.out, sizeof *y);
    c->layer.kind->forward(&c->layer, &c->pass, c->x, c->rows, y);
    double sum = parts_dot(y, c->upstream, c->rows * c->layer.out);
    arena_reset(&parts_scratch);
    return sum;
}

static inline struct layer_check layer_check_new(const char *text, size_t in, size_t rows)
{
    struct call *call = arena_array(&parts_arena, 1, sizeof *call);
    *call = call_parse(&parts_arena, text, "test");
    struct layer_check c = {.layer = layer_new(call, "t/0", &parts_arena), .rows = rows};
    layer_shape(&c.layer, in, "test");
    parts_fill(&c.layer.part, 3);
    c.pass = parts_pass(&c.layer.part);
    c.x = parts_random(rows * in, 1);
    c.y = arena_array(&parts_arena, rows * c.layer.out, sizeof *c.y);
    c.upstream = parts_random(rows * c.layer.out, 2);
    c.d_x = arena_array(&parts_arena, rows * in, sizeof *c.d_x);
    return c;
}

static inline void layer_check_run(struct layer_check *c)
{
    c->layer.kind->forward(&c->layer, &c->pass, c->x, c->rows, c->y);
    c->layer.kind->backward(&c->layer, &c->pass, c->x, c->y, c->upstream, c->rows, c->d_x);
    arena_reset(&parts_scratch);
}

static inline void layer_check_gradients(struct layer_check *c, double tolerance)
{
    struct parts_sum sum = {layer_sum, c};
    layer_check_run(c);
    parts_compare(&sum, c->x, c->d_x, c->rows * c->layer.in, tolerance);
    for (size_t p = 0; p < c->layer.part.n_params; p++) {
        struct param *param = c->layer.part.params[p];
        parts_compare(&sum, param->value, c->pass.d_params[p], param->rows * param->width, tolerance);
    }
}

static inline void check_layer(const char *text, size_t in)
{
    struct layer_check c = layer_check_new(text, in, 3);
    layer_check_gradients(&c, 2e-3);
}

// Numbers of a golden file, as many as wanted.
static inline float *parts_golden(const json_t *value, size_t wanted)
{
    size_t n = 0;
    float *x = golden_floats(value, &n);
    EQUAL(n, wanted);
    return x;
}

static inline void parts_same(const float *found, const json_t *wanted, size_t n, double tolerance)
{
    float *w = parts_golden(wanted, n);
    for (size_t i = 0; i < n; i++)
        NEAR(found[i], w[i], tolerance);
    free(w);
}

#endif
