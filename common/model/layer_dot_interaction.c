// The inner products of the feature vectors in a row with each other, as TFRS' DotInteraction (DLRM, Naumov et al. 2019).
//
// A row is k vectors of `dim` numbers side by side. What comes out are the products i, j with j < i (j <= i with self_interaction), row by
// row of the triangle; with skip_gather, the whole (k, k) matrix with zeros in the place of the rest.
#include <math.h>
#include <string.h>

#include "common/math/rows.h"
#include "common/math/update.h"
#include "common/model/layer.h"

enum { DIM, SELF, SKIP };

static const struct kind_arg args[] = {
    {"dim", KIND_COUNT, NAN, 1, 1 << 16, "numbers of each of the vectors that lie side by side"},
    {"self_interaction", KIND_FLAG, 0, 0, 1, "also of each with itself"},
    {"skip_gather", KIND_FLAG, 0, 0, 1, "a full matrix, with zeros above the diagonal"},
    {0},
};

static size_t vectors_of(const struct layer *layer)
{
    return layer->in / (size_t)layer->part.args[DIM];
}

static void shape(struct layer *layer, const char *place)
{
    size_t dim = (size_t)layer->part.args[DIM], k = vectors_of(layer);
    bool self = layer->part.args[SELF] != 0;
    if (layer->in % dim != 0 || k < (self ? 1 : 2))
        layer_misfit(layer, place, arena_printf(layer->part.arena, "%s vectors of %zu", self ? "some" : "two or more", dim));
    layer->out = layer->part.args[SKIP] != 0 ? k * k : self ? k * (k + 1) / 2 : k * (k - 1) / 2;
}

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    size_t dim = (size_t)layer->part.args[DIM], k = vectors_of(layer), self = layer->part.args[SELF] != 0;
    memset(y, 0, rows * layer->out * sizeof *y);
    for (size_t r = 0; r < rows; r++, x += layer->in, y += layer->out)
        for (size_t i = 0, at = 0; i < k; i++, at = layer->part.args[SKIP] != 0 ? i * k : at)
            for (size_t j = 0; j < i + self; j++)
                y[at++] = rows_dot(x + i * dim, x + j * dim, dim);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)pass, (void)y;
    size_t dim = (size_t)layer->part.args[DIM], k = vectors_of(layer), self = layer->part.args[SELF] != 0;
    memset(d_x, 0, rows * layer->in * sizeof *d_x);
    for (size_t r = 0; r < rows; r++, x += layer->in, d_x += layer->in, d_y += layer->out)
        for (size_t i = 0, at = 0; i < k; i++, at = layer->part.args[SKIP] != 0 ? i * k : at)
            for (size_t j = 0; j < i + self; j++, at++) {
                update_add(d_x + i * dim, x + j * dim, dim, d_y[at]);
                update_add(d_x + j * dim, x + i * dim, dim, d_y[at]);
            }
}

const struct layer_kind layer_dot_interaction = {
    .name = "dot_interaction", .help = "inner products of the vectors in a row with each other, as TFRS' DotInteraction", .args = args,
    .shape = shape, .forward = forward, .backward = backward,
};
