// y = activation(x W + b), as Keras' Dense: the kernel W is (in, units), the bias b begins with zeros.
#include <math.h>
#include <string.h>

#include "common/math/activation.h"
#include "common/math/matrix.h"
#include "common/math/rows.h"
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

// What the activation gets.
static void linear(const struct layer *layer, const float *x, size_t rows, float *y)
{
    bool bias = layer->part.args[BIAS] != 0;
    if (bias)
        rows_repeat(part_value(&layer->part, BIAS_PARAM), rows, layer->out, y);
    matrix_nn(rows, layer->out, layer->in, 1, x, layer->in, part_value(&layer->part, KERNEL_PARAM), layer->out, bias, y, layer->out);
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    linear(layer, x, rows, y);
    activation_apply((enum activation)layer->part.args[ACTIVATION], y, rows * layer->out);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    enum activation activation = (enum activation)layer->part.args[ACTIVATION];
    size_t in = layer->in, out = layer->out;
    float *z = NULL;
    if (activation_wants_input(activation)) {
        z = arena_array(pass->scratch, rows * out, sizeof *z);
        linear(layer, x, rows, z);
    }
    if (activation != ACTIVATION_LINEAR) {
        float *d_z = arena_array(pass->scratch, rows * out, sizeof *d_z);
        memcpy(d_z, d_y, rows * out * sizeof *d_z);
        activation_back(activation, z, y, d_z, rows * out);
        d_y = d_z;
    }
    matrix_tn(in, out, rows, 1, x, in, d_y, out, 1, pass->d_params[KERNEL_PARAM], out);
    if (layer->part.args[BIAS] != 0)
        rows_sum(d_y, rows, out, pass->d_params[BIAS_PARAM]);
    matrix_nt(rows, in, out, 1, d_y, out, part_value(&layer->part, KERNEL_PARAM), out, 0, d_x, in);
}

const struct layer_kind layer_dense = {
    .name = "dense", .help = "activation(x W + b), as Keras' Dense", .args = args, .make = make, .shape = shape,
    .forward = forward, .backward = backward,
};
