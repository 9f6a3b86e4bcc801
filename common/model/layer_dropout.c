// Dropout: in training a number becomes 0 with the probability `rate`, and the others are divided by 1 - rate.
//
// Which ones is a function of seed, step, the layer's place, and the place of the number in the batch: a step that is done again drops the
// same ones, and so does the backward pass.
#include <math.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/model/layer.h"

enum { RATE };

static const struct kind_arg args[] = {
    {"rate", KIND_REAL, NAN, 0, 0.999, "share of the numbers that are dropped"},
    {0},
};

static void drop(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    double rate = layer->part.args[RATE];
    float by = (float)(1 / (1 - rate));
    uint64_t below = (uint64_t)(rate * 0x1p32);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < layer->in; j += 2) {
            uint64_t bits = rng_bits(pass->seed, pass->first + i, j);  // enough for two
            y[i * layer->in + j] = (bits >> 32) < below ? 0 : x[i * layer->in + j] * by;
            if (j + 1 < layer->in)
                y[i * layer->in + j + 1] = (bits & UINT32_MAX) < below ? 0 : x[i * layer->in + j + 1] * by;
        }
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    if (pass->training)
        drop(layer, pass, x, rows, y);
    else
        memcpy(y, x, rows * layer->in * sizeof *y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)x, (void)y;
    forward(layer, pass, d_y, rows, d_x);
}

const struct layer_kind layer_dropout = {
    .name = "dropout", .help = "in training, numbers become 0 at random; in use, nothing", .args = args, .forward = forward, .backward = backward,
};
