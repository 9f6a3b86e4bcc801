#include "common/model/cross_step.h"

#include <string.h>

#include "common/math/linear.h"

// What x0 is multiplied by, less the diagonal part: a(z). Also z, if the activation wants it, and x U.
struct product {
    float *z, *value, *projected;
};

static struct product product_of(const struct cross_step *s, const float *x, size_t rows, struct arena *scratch)
{
    size_t n = rows * s->dim, in = s->projection > 0 ? s->projection : s->dim;
    struct product p = {.value = arena_array(scratch, n, sizeof(float))};
    if (s->projection > 0) {
        p.projected = arena_array(scratch, rows * in, sizeof(float));
        linear(x, rows, s->dim, s->u, NULL, in, p.projected);
    }
    linear(s->projection > 0 ? p.projected : x, rows, in, s->v, s->bias, s->dim, p.value);
    if (activation_wants_input(s->activation)) {
        p.z = arena_array(scratch, n, sizeof(float));
        memcpy(p.z, p.value, n * sizeof(float));
    }
    activation_apply(s->activation, p.value, n);
    return p;
}

void cross_forward(const struct cross_step *s, const float *x0, const float *x, size_t rows, float *y, struct arena *scratch)
{
    struct product p = product_of(s, x, rows, scratch);
    for (size_t i = 0; i < rows * s->dim; i++)
        y[i] = x0[i] * (p.value[i] + s->diag_scale * x[i]) + x[i];
}

void cross_backward(const struct cross_step *s, const float *x0, const float *x, const float *d_y, size_t rows, float *d_x0, float *d_x,
                    struct arena *scratch)
{
    size_t n = rows * s->dim;
    struct product p = product_of(s, x, rows, scratch);
    float *d_z = arena_array(scratch, n, sizeof *d_z);
    for (size_t i = 0; i < n; i++) {
        d_z[i] = d_y[i] * x0[i];
        d_x[i] = d_y[i] + s->diag_scale * d_z[i];
        d_x0[i] += d_y[i] * (p.value[i] + s->diag_scale * x[i]);
    }
    activation_back(s->activation, p.z, p.value, d_z, n);
    if (s->projection == 0) {
        linear_back(x, d_z, rows, s->dim, s->v, s->dim, s->d_v, s->d_bias, d_x, 1);
        return;
    }
    float *d_projected = arena_array(scratch, rows * s->projection, sizeof *d_projected);
    linear_back(p.projected, d_z, rows, s->projection, s->v, s->dim, s->d_v, s->d_bias, d_projected, 0);
    linear_back(x, d_projected, rows, s->dim, s->u, s->projection, s->d_u, NULL, d_x, 1);
}
