// Multi-gate mixture of experts (Ma et al. 2018): experts h_e = activation(x W_e + b_e), and for each task t gates g_t = softmax(x G_t); what comes
// out is, task after task, the mixture y_t, the sum of g_te h_e. A head takes its task's part by take(t, of=tasks). One task is a plain mixture of
// experts.
#include <math.h>
#include <string.h>

#include "common/math/activation.h"
#include "common/math/linear.h"
#include "common/math/rows.h"
#include "common/math/update.h"
#include "common/model/layer.h"
#include "common/stream/frame.h"

enum { EXPERTS, UNITS, TASKS, ACTIVATION };
enum { KERNEL_PARAM, BIAS_PARAM, GATES_PARAM };

static const struct kind_arg args[] = {
    {"experts", KIND_COUNT, NAN, 1, 1024, "how many experts"},
    {"units", KIND_COUNT, NAN, 1, 1 << 16, "numbers that each gives"},
    {"tasks", KIND_COUNT, NAN, 1, 1024, "mixtures of them, with gates of their own"},
    {"activation", KIND_WORD, 0, 0, 0, "of the experts; relu unless given"},
    {0},
};

struct sizes {
    size_t experts, units, tasks, h, g;   // h, g: numbers of all experts, and of all gates, of a row
};

static struct sizes sizes_of(const struct layer *layer)
{
    const double *a = layer->part.args;
    struct sizes s = {.experts = (size_t)a[EXPERTS], .units = (size_t)a[UNITS], .tasks = (size_t)a[TASKS]};
    s.h = s.experts * s.units;
    s.g = s.tasks * s.experts;
    return s;
}

static void make(struct layer *layer)
{
    bool given = part_word(&layer->part, args, ACTIVATION, NULL) != NULL;
    layer->part.args[ACTIVATION] = given ? part_activation(&layer->part, args, ACTIVATION) : ACTIVATION_RELU;
    part_param(&layer->part, "kernel", "glorot_uniform()");
    part_param(&layer->part, "bias", "zeros()");
    part_param(&layer->part, "gates", "glorot_uniform()");
}

static void shape(struct layer *layer, const char *place)
{
    struct sizes s = sizes_of(layer);
    if (s.h > DIM_MAX || s.g > DIM_MAX)
        layer_misfit(layer, place, "fewer experts or units");
    layer->out = s.tasks * s.units;
    part_shape(&layer->part, KERNEL_PARAM, layer->in, s.h);
    part_shape(&layer->part, BIAS_PARAM, 1, s.h);
    part_shape(&layer->part, GATES_PARAM, layer->in, s.g);
}

static void normalise_gates(float *g, size_t n, size_t experts)
{
    for (size_t i = 0; i < n; i++, g += experts) {
        float greatest = -INFINITY, sum = 0;
        for (size_t e = 0; e < experts; e++)
            greatest = fmaxf(greatest, g[e]);
        for (size_t e = 0; e < experts; e++)
            sum += g[e] = expf(g[e] - greatest);
        for (size_t e = 0; e < experts; e++)
            g[e] /= sum;
    }
}

// What the experts give, before (z) and after (h) their activation, and the gates of all tasks: (rows, ...), in scratch.
static void evaluate(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float **z, float **h, float **g)
{
    struct sizes s = sizes_of(layer);
    *z = arena_array(pass->scratch, rows * s.h, sizeof **z);
    *h = arena_array(pass->scratch, rows * s.h, sizeof **h);
    *g = arena_array(pass->scratch, rows * s.g, sizeof **g);
    linear(x, rows, layer->in, part_value(&layer->part, KERNEL_PARAM), part_value(&layer->part, BIAS_PARAM), s.h, *z);
    memcpy(*h, *z, rows * s.h * sizeof **h);
    activation_apply((enum activation)layer->part.args[ACTIVATION], *h, rows * s.h);
    linear(x, rows, layer->in, part_value(&layer->part, GATES_PARAM), NULL, s.g, *g);
    normalise_gates(*g, rows * s.tasks, s.experts);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    struct sizes s = sizes_of(layer);
    float *z, *h, *g;
    evaluate(layer, pass, x, rows, &z, &h, &g);
    memset(y, 0, rows * layer->out * sizeof *y);
    for (size_t i = 0; i < rows; i++, h += s.h)
        for (size_t t = 0; t < s.tasks; t++, y += s.units)
            for (size_t e = 0; e < s.experts; e++)
                update_add(y, h + e * s.units, s.units, *g++);
}

// Gradients of the experts and, through their softmax, of the gates, for one row.
static void back_row(const struct sizes *s, const float *h, const float *g, const float *d_y, float *d_h, float *d_g)
{
    for (size_t t = 0; t < s->tasks; t++, g += s->experts, d_g += s->experts, d_y += s->units) {
        float mean = 0;
        for (size_t e = 0; e < s->experts; e++) {
            update_add(d_h + e * s->units, d_y, s->units, g[e]);
            d_g[e] = rows_dot(h + e * s->units, d_y, s->units);
            mean += g[e] * d_g[e];
        }
        for (size_t e = 0; e < s->experts; e++)
            d_g[e] = g[e] * (d_g[e] - mean);
    }
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)y;
    struct sizes s = sizes_of(layer);
    float *z, *h, *g;
    evaluate(layer, pass, x, rows, &z, &h, &g);
    float *d_h = arena_zeros(pass->scratch, rows * s.h, sizeof *d_h), *d_g = arena_array(pass->scratch, rows * s.g, sizeof *d_g);
    for (size_t i = 0; i < rows; i++)
        back_row(&s, h + i * s.h, g + i * s.g, d_y + i * layer->out, d_h + i * s.h, d_g + i * s.g);
    activation_back((enum activation)layer->part.args[ACTIVATION], z, h, d_h, rows * s.h);
    linear_back(x, d_h, rows, layer->in, part_value(&layer->part, KERNEL_PARAM), s.h, pass->d_params[KERNEL_PARAM], pass->d_params[BIAS_PARAM],
                d_x, 0);
    linear_back(x, d_g, rows, layer->in, part_value(&layer->part, GATES_PARAM), s.g, pass->d_params[GATES_PARAM], NULL, d_x, 1);
}

const struct layer_kind layer_mmoe = {
    .name = "mmoe", .help = "multi-gate mixture of experts: a mixture for each task, side by side", .args = args, .make = make, .shape = shape,
    .forward = forward, .backward = backward,
};
