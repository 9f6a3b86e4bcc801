// One step of feature crossing (DCN v2, Wang et al. 2020), as TFRS' Cross:
//
//     y = x0 * (a(x W + b) + diag_scale x) + x
//
// with element-wise products, the activation a before them, and W = U V if there is a projection.
#ifndef MODEL_CROSS_STEP_H
#define MODEL_CROSS_STEP_H

#include <stddef.h>

#include "common/base/arena.h"
#include "common/math/activation.h"

struct cross_step {
    size_t dim, projection;          // projection 0: full
    float diag_scale;
    enum activation activation;
    const float *u, *v;              // (dim, projection), (projection, dim); full: v is W (dim, dim), u NULL
    const float *bias;               // (dim), or NULL
    float *d_u, *d_v, *d_bias;       // backward: added to
};

//   x0, x, y  (rows, dim); y is overwritten, and neither of the others
void cross_forward(const struct cross_step *step, const float *x0, const float *x, size_t rows, float *y, struct arena *scratch);

//   d_x0  added to   d_x  overwritten
void cross_backward(const struct cross_step *step, const float *x0, const float *x, const float *d_y, size_t rows, float *d_x0, float *d_x,
                    struct arena *scratch);

#endif
