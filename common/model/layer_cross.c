// Feature crossing: steps (cross_step.h) that all multiply by what the first one got. `cross` is TFRS' Cross, one full step; `dcn` its
// MultiLayerDCN, three of rank one; each does what the other does with the same arguments.
//
// Parameters of step i: kernel_i or, with a projection, u_i and v_i; bias_i.
#include <string.h>

#include "common/model/cross_step.h"
#include "common/model/layer.h"

enum { PROJECTION, LAYERS, DIAG_SCALE, PREACTIVATION, INIT, BIAS };

#define CROSS_ARGS(projection, layers) { \
    {"projection", KIND_COUNT, projection, 0, 1 << 16, "rank of the kernel, as the product of two; 0: full"}, \
    {"layers", KIND_COUNT, layers, 1, 64, "steps, each with its kernel"}, \
    {"diag_scale", KIND_REAL, 0, 0, 1e6, "added to the diagonal of the kernel"}, \
    {"preactivation", KIND_WORD, 0, 0, 0, "of x W + b: linear, relu, tanh, sigmoid, gelu or selu; linear unless given"}, \
    {"init", KIND_WORD, 0, 0, 0, "initialiser of the kernels; truncated_normal(0.05) unless given"}, \
    {"bias", KIND_FLAG, 1, 0, 1, "a number is added to each product"}, \
    {0}, \
}

static const struct kind_arg cross_args[] = CROSS_ARGS(0, 1), dcn_args[] = CROSS_ARGS(1, 3);

static size_t steps_of(const struct layer *layer)
{
    return (size_t)layer->part.args[LAYERS];
}

// Parameters of a step.
static size_t params_of(const struct layer *layer)
{
    return (layer->part.args[PROJECTION] > 0 ? 2 : 1) + (layer->part.args[BIAS] != 0);
}

static void make(struct layer *layer)
{
    struct part *part = &layer->part;
    const char *init = part_word(part, cross_args, INIT, "truncated_normal(0.05)");
    part->args[PREACTIVATION] = part_activation(part, cross_args, PREACTIVATION);
    for (size_t i = 0; i < steps_of(layer); i++) {
        if (part->args[PROJECTION] > 0)
            part_param(part, arena_printf(part->arena, "u_%zu", i), init);
        part_param(part, arena_printf(part->arena, "%s_%zu", part->args[PROJECTION] > 0 ? "v" : "kernel", i), init);
        if (part->args[BIAS] != 0)
            part_param(part, arena_printf(part->arena, "bias_%zu", i), "zeros()");
    }
}

static void shape(struct layer *layer, const char *place)
{
    (void)place;
    struct part *part = &layer->part;
    size_t projection = (size_t)part->args[PROJECTION], p = 0;
    for (size_t i = 0; i < steps_of(layer); i++) {
        if (projection > 0)
            part_shape(part, p++, layer->in, projection);
        part_shape(part, p++, projection > 0 ? projection : layer->in, layer->in);
        if (part->args[BIAS] != 0)
            part_shape(part, p++, 1, layer->in);
    }
}

//   d_params  NULL in the forward pass
static struct cross_step step_of(const struct layer *layer, size_t i, float *const *d_params)
{
    const struct part *part = &layer->part;
    bool low = part->args[PROJECTION] > 0, bias = part->args[BIAS] != 0;
    size_t u = i * params_of(layer), v = u + low, b = v + 1;
    struct cross_step step = {
        .dim = layer->in, .projection = (size_t)part->args[PROJECTION], .diag_scale = (float)part->args[DIAG_SCALE],
        .activation = (enum activation)part->args[PREACTIVATION], .u = low ? part_value(part, u) : NULL, .v = part_value(part, v),
        .bias = bias ? part_value(part, b) : NULL,
    };
    if (d_params != NULL) {
        step.d_u = low ? d_params[u] : NULL;
        step.d_v = d_params[v];
        step.d_bias = bias ? d_params[b] : NULL;
    }
    return step;
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    const float *from = x;
    for (size_t i = 0, steps = steps_of(layer); i < steps; i++) {
        float *to = i + 1 == steps ? y : arena_array(pass->scratch, rows * layer->in, sizeof *to);
        struct cross_step step = step_of(layer, i, NULL);
        cross_forward(&step, x, from, rows, to, pass->scratch);
        from = to;
    }
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)y;
    size_t n = rows * layer->in, steps = steps_of(layer);
    const float **between = arena_array(pass->scratch, steps, sizeof *between), *d = d_y;  // what each step gets
    between[0] = x;
    for (size_t i = 0; i + 1 < steps; i++) {
        float *to = arena_array(pass->scratch, n, sizeof *to);
        struct cross_step step = step_of(layer, i, NULL);
        cross_forward(&step, x, between[i], rows, to, pass->scratch);
        between[i + 1] = to;
    }
    memset(d_x, 0, n * sizeof *d_x);
    for (size_t i = steps; i-- > 0;) {
        float *d_from = arena_array(pass->scratch, n, sizeof *d_from);
        struct cross_step step = step_of(layer, i, pass->d_params);
        cross_backward(&step, x, between[i], d, rows, d_x, d_from, pass->scratch);
        d = d_from;
    }
    for (size_t i = 0; i < n; i++)
        d_x[i] += d[i];
}

const struct layer_kind layer_cross = {
    .name = "cross", .help = "feature crossing, x0 (x W + b) + x, as TFRS' Cross", .args = cross_args, .make = make, .shape = shape,
    .forward = forward, .backward = backward,
};
const struct layer_kind layer_dcn = {
    .name = "dcn", .help = "several such steps with kernels of low rank, as TFRS' MultiLayerDCN", .args = dcn_args, .make = make,
    .shape = shape, .forward = forward, .backward = backward,
};
