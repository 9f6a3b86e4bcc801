// The second-order term of a factorisation machine (Rendle 2010): the sum of the inner products of all pairs of the vectors in a row, which is
// half of |sum of v|^2 - sum of |v|^2. One number comes out.
#include <math.h>
#include <string.h>

#include "common/math/rows.h"
#include "common/math/update.h"
#include "common/model/layer.h"

enum { DIM };

static const struct kind_arg args[] = {
    {"dim", KIND_COUNT, NAN, 1, 1 << 16, "numbers of each of the vectors that lie side by side"},
    {0},
};

static void shape(struct layer *layer, const char *place)
{
    size_t dim = (size_t)layer->part.args[DIM];
    if (layer->in % dim != 0 || layer->in / dim < 2)
        layer_misfit(layer, place, arena_printf(layer->part.arena, "two or more vectors of %zu", dim));
    layer->out = 1;
}

static void add_up(const struct layer *layer, const float *x, float *sum)
{
    size_t dim = (size_t)layer->part.args[DIM];
    memset(sum, 0, dim * sizeof *sum);
    for (size_t at = 0; at < layer->in; at += dim)
        update_add(sum, x + at, dim, 1);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    size_t dim = (size_t)layer->part.args[DIM];
    float *sum = arena_array(pass->scratch, dim, sizeof *sum);
    for (size_t i = 0; i < rows; i++, x += layer->in) {
        add_up(layer, x, sum);
        y[i] = (rows_dot(sum, sum, dim) - rows_dot(x, x, layer->in)) / 2;
    }
}

// d / d v_i is the sum of the other vectors.
static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)y;
    size_t dim = (size_t)layer->part.args[DIM];
    float *sum = arena_array(pass->scratch, dim, sizeof *sum);
    for (size_t i = 0; i < rows; i++, x += layer->in, d_x += layer->in) {
        add_up(layer, x, sum);
        for (size_t j = 0; j < layer->in; j++)
            d_x[j] = d_y[i] * (sum[j % dim] - x[j]);
    }
}

const struct layer_kind layer_fm = {
    .name = "fm", .help = "the second-order term of a factorisation machine: one number", .args = args, .shape = shape, .forward = forward,
    .backward = backward,
};
