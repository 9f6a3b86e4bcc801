// A sum of equal parts: inputs of one width, side by side, become one vector of that width, each with its weight.
#include <string.h>

#include "common/math/update.h"
#include "common/model/layer.h"

#define WEIGHT(name) {name, KIND_REAL, 0, -1e6, 1e6, "weight of a part"}
static const struct kind_arg args[] = {
    WEIGHT("w1"), WEIGHT("w2"), WEIGHT("w3"), WEIGHT("w4"), WEIGHT("w5"), WEIGHT("w6"), WEIGHT("w7"), WEIGHT("w8"), {0},
};

static size_t parts_of(const struct layer *layer)
{
    return layer->part.call->n;
}

static void shape(struct layer *layer, const char *place)
{
    size_t n = parts_of(layer);
    if (n == 0 || call_position(layer->part.call, n - 1) == NULL)
        layer_misfit(layer, place, "a weight for each part of them, such as mix(0.5, 0.5)");
    if (layer->in % n != 0)
        layer_misfit(layer, place, "a multiple of the number of weights: inputs of one width");
    layer->out = layer->in / n;
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    memset(y, 0, rows * layer->out * sizeof *y);
    for (size_t i = 0; i < rows; i++)
        for (size_t p = 0; p < parts_of(layer); p++)
            update_add(y + i * layer->out, x + i * layer->in + p * layer->out, layer->out, (float)layer->part.args[p]);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)pass, (void)x, (void)y;
    memset(d_x, 0, rows * layer->in * sizeof *d_x);
    for (size_t i = 0; i < rows; i++)
        for (size_t p = 0; p < parts_of(layer); p++)
            update_add(d_x + i * layer->in + p * layer->out, d_y + i * layer->out, layer->out, (float)layer->part.args[p]);
}

const struct layer_kind layer_mix = {
    .name = "mix", .help = "inputs of one width, added up with these weights, as mix(0.25, 0.75) for two",
    .args = args, .shape = shape, .forward = forward,
    .backward = backward,
};
