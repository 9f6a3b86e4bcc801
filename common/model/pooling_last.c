// The last vector of a list, such as the film seen just before. Weights mean nothing here.
#include <string.h>

#include "common/model/pooling.h"

static const struct kind_arg args[] = {{0}};

static void forward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, float *y, size_t stride)
{
    (void)pass;
    for (size_t i = 0; i < lists->rows; i++, y += stride) {
        memset(y, 0, pooling->in * sizeof *y);
        if (lists->starts[i + 1] > lists->starts[i])
            memcpy(y, lists->x + (lists->starts[i + 1] - 1 - lists->starts[0]) * pooling->in, pooling->in * sizeof *y);
    }
}

static void backward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, const float *d_y, size_t stride,
                     float *d_x)
{
    (void)pass;
    memset(d_x, 0, (lists->starts[lists->rows] - lists->starts[0]) * pooling->in * sizeof *d_x);
    for (size_t i = 0; i < lists->rows; i++, d_y += stride)
        if (lists->starts[i + 1] > lists->starts[i])
            memcpy(d_x + (lists->starts[i + 1] - 1 - lists->starts[0]) * pooling->in, d_y, pooling->in * sizeof *d_x);
}

const struct pooling_kind pooling_last = {
    .name = "last", .help = "the last vector", .args = args, .forward = forward, .backward = backward,
};
