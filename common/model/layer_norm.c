// Layer normalisation (Ba, Kiros, Hinton 2016), as Keras' LayerNormalization.
#include "common/math/rows.h"
#include "common/model/layer.h"

enum { EPSILON };
enum { GAMMA, BETA };

static const struct kind_arg args[] = {
    {"epsilon", KIND_REAL, 1e-3, KIND_EPSILON_MIN, 1e6, "added to the variance"},
    {0},
};

static void make(struct layer *layer)
{
    part_param(&layer->part, "gamma", "constant(1)");
    part_param(&layer->part, "beta", "zeros()");
}

static void shape(struct layer *layer, const char *place)
{
    (void)place;
    part_shape(&layer->part, GAMMA, 1, layer->in);
    part_shape(&layer->part, BETA, 1, layer->in);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    rows_standardize(x, rows, layer->in, part_value(&layer->part, GAMMA), part_value(&layer->part, BETA), (float)layer->part.args[EPSILON], y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)y;
    rows_standardize_back(x, d_y, rows, layer->in, part_value(&layer->part, GAMMA), (float)layer->part.args[EPSILON], d_x,
                          pass->d_params[GAMMA], pass->d_params[BETA]);
}

const struct layer_kind layer_norm = {
    .name = "layer_norm", .help = "each row less its mean, over its deviation, times gamma plus beta, as Keras' LayerNormalization",
    .args = args, .make = make, .shape = shape, .forward = forward, .backward = backward,
};
