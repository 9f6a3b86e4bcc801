// One of several equal parts of a row: what a head takes from layers that give something for each of several tasks, as mmoe does.
#include <math.h>
#include <string.h>

#include "common/model/layer.h"

enum { PART, OF };

static const struct kind_arg args[] = {
    {"part", KIND_COUNT, NAN, 0, 1 << 16, "which part, from 0"},
    {"of", KIND_COUNT, NAN, 1, 1 << 16, "so many equal parts"},
    {0},
};

static void shape(struct layer *layer, const char *place)
{
    size_t of = (size_t)layer->part.args[OF];
    if (layer->in % of != 0)
        layer_misfit(layer, place, "a multiple of the number of parts");
    if (layer->part.args[PART] >= layer->part.args[OF])
        layer_misfit(layer, place, "a part below their number");
    layer->out = layer->in / of;
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    for (size_t i = 0; i < rows; i++)
        memcpy(y + i * layer->out, x + i * layer->in + (size_t)layer->part.args[PART] * layer->out, layer->out * sizeof *y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)pass, (void)x, (void)y;
    memset(d_x, 0, rows * layer->in * sizeof *d_x);
    for (size_t i = 0; i < rows; i++)
        memcpy(d_x + i * layer->in + (size_t)layer->part.args[PART] * layer->out, d_y + i * layer->out, layer->out * sizeof *d_x);
}

const struct layer_kind layer_take = {
    .name = "take", .help = "one of several equal parts of a row", .args = args, .shape = shape, .forward = forward, .backward = backward,
};
