// Sums of a list's vectors with their weights w: as they are, over the sum of w, or over the root of the sum of w^2, as
// tf.nn.embedding_lookup_sparse has them. Where the divisor is 0 the row is zeros.
#include <math.h>
#include <string.h>

#include "common/math/update.h"
#include "common/model/pooling.h"

static const struct kind_arg args[] = {{0}};

extern const struct pooling_kind pooling_sum, pooling_mean;

enum divisor { ONE, SUM, ROOT };

static enum divisor divisor_of(const struct pooling *pooling)
{
    return pooling->kind == &pooling_sum ? ONE : pooling->kind == &pooling_mean ? SUM : ROOT;
}

// What each vector of row i is multiplied by, besides its weight.
static float factor(enum divisor divisor, const struct lists *lists, size_t from, size_t to)
{
    double sum = 0;
    if (divisor == ONE)
        return 1;
    for (size_t k = from; k < to; k++) {
        double w = lists->weights != NULL ? (double)lists->weights[k] : 1;
        sum += divisor == SUM ? w : w * w;
    }
    return sum == 0 ? 0 : (float)(1 / (divisor == SUM ? sum : sqrt(sum)));
}

static void forward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, float *y, size_t stride)
{
    (void)pass;
    enum divisor divisor = divisor_of(pooling);
    size_t dim = pooling->in;
    for (size_t i = 0; i < lists->rows; i++, y += stride) {
        size_t from = lists->starts[i] - lists->starts[0], to = lists->starts[i + 1] - lists->starts[0];
        float by = factor(divisor, lists, from, to);
        memset(y, 0, dim * sizeof *y);
        for (size_t k = from; k < to; k++)
            update_add(y, lists->x + k * dim, dim, lists->weights != NULL ? by * lists->weights[k] : by);
    }
}

static void backward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, const float *d_y, size_t stride,
                     float *d_x)
{
    (void)pass;
    enum divisor divisor = divisor_of(pooling);
    size_t dim = pooling->in;
    memset(d_x, 0, (lists->starts[lists->rows] - lists->starts[0]) * dim * sizeof *d_x);
    for (size_t i = 0; i < lists->rows; i++, d_y += stride) {
        size_t from = lists->starts[i] - lists->starts[0], to = lists->starts[i + 1] - lists->starts[0];
        float by = factor(divisor, lists, from, to);
        for (size_t k = from; k < to; k++)
            update_add(d_x + k * dim, d_y, dim, lists->weights != NULL ? by * lists->weights[k] : by);
    }
}

const struct pooling_kind pooling_sum = {
    .name = "sum", .help = "the sum of the vectors, by their weights", .args = args, .forward = forward, .backward = backward,
};
const struct pooling_kind pooling_mean = {
    .name = "mean", .help = "their sum over the sum of the weights", .args = args, .forward = forward, .backward = backward,
};
const struct pooling_kind pooling_sqrtn = {
    .name = "sqrtn", .help = "their sum over the root of the sum of the squared weights", .args = args, .forward = forward,
    .backward = backward,
};
