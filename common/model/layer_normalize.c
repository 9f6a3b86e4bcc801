// Rows scaled to length 1, so that scores are cosines.
#include "common/math/rows.h"
#include "common/model/layer.h"

static const struct kind_arg args[] = {{0}};

static void forward(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y)
{
    (void)pass;
    rows_normalize(x, rows, layer->in, y);
}

static void backward(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x)
{
    (void)pass;
    rows_normalize_back(x, y, d_y, rows, layer->in, d_x);
}

const struct layer_kind layer_normalize = {
    .name = "normalize", .help = "scale every row to length 1 (zeros stay zeros)", .args = args, .forward = forward, .backward = backward,
};
