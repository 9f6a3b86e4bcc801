// y = activation(x W + b), as Keras' Dense: the kernel W is (in, units), the bias b begins with zeros.
#include <math.h>
#include <string.h>

#include "common/math/activation.h"
#include "common/math/linear.h"
#include "common/model/layer.h"

enum { UNITS, ACTIVATION, INIT, BIAS };
enum { KERNEL_PARAM, BIAS_PARAM };

static const struct kind_arg args[] = {
    {"units", KIND_COUNT, NAN, 1, 1 << 16, "numbers that come out"},
    {"activation", KIND_WORD, 0, 0, 0, "linear, relu, tanh, sigmoid, gelu or selu; linear unless given"},
    {"init", KIND_WORD, 0, 0, 0, "initialiser of the kernel; glorot_uniform() unless given"},
    {"bias", KIND_FLAG, 1, 0, 1, "a number is added to each"},
    {0},
};

static void make(struct layer *layer)
{
    layer->part.args[ACTIVATION] = part_activation(&layer->part, args, ACTIVATION);
    part_param(&layer->part, "kernel", part_word(&layer->part, args, INIT, "glorot_uniform()"));
    if (layer->part.args[BIAS] != 0)
        part_param(&layer->part, "bias", "zeros()");
}

static void shape(struct layer *layer, const char *place)
{
    (void)place;
    layer->out = (size_t)layer->part.args[UNITS];
    part_shape(&layer->part, KERNEL_PARAM, layer->in, layer->out);
    if (layer->part.args[BIAS] != 0)
        part_shape(&layer->part, BIAS_PARAM, 1, layer->out);
}

static const float *bias_of(const struct layer *layer)
{
    return layer->part.args[BIAS] != 0 ? part_value(&layer->part, BIAS_PARAM) : NULL;
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    linear(x, rows, layer->in, part_value(&layer->part, KERNEL_PARAM), bias_of(layer), layer->out, y);
    activation_apply((enum activation)layer->part.args[ACTIVATION], y, rows * layer->out);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    enum activation activation = (enum activation)layer->part.args[ACTIVATION];
    const float *kernel = part_value(&layer->part, KERNEL_PARAM);
    size_t n = rows * layer->out;
    float *z = NULL;
    if (activation_wants_input(activation)) {
        z = arena_array(pass->scratch, n, sizeof *z);
        linear(x, rows, layer->in, kernel, bias_of(layer), layer->out, z);
    }
    if (activation != ACTIVATION_LINEAR) {
        float *d_z = arena_array(pass->scratch, n, sizeof *d_z);
        memcpy(d_z, d_y, n * sizeof *d_z);
        activation_back(activation, z, y, d_z, n);
        d_y = d_z;
    }
    linear_back(x, d_y, rows, layer->in, kernel, layer->out, pass->d_params[KERNEL_PARAM],
                bias_of(layer) != NULL ? pass->d_params[BIAS_PARAM] : NULL, d_x, 0);
}

const struct layer_kind layer_dense = {
    .name = "dense", .help = "activation(x W + b), as Keras' Dense", .args = args, .make = make, .shape = shape,
    .forward = forward, .backward = backward,
};
