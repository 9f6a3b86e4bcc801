#include "common/model/clip.h"

#include <math.h>
#include <string.h>

#include "common/math/update.h"
#include "common/model/param.h"

static const struct kind_arg no_args[] = {{0}}, bound_args[] = {{"x", KIND_REAL, NAN, 1e-30, 1e30, "the bound"}, {0}};

static void clip_nothing(const double *args, struct param *const *params, size_t n)
{
    (void)args;
    (void)params;
    (void)n;
}

static void clip_values(const double *args, struct param *const *params, size_t n)
{
    float x = (float)args[0];
    for (size_t i = 0; i < n; i++) {
        size_t numbers;
        float *d = param_gradient(params[i], &numbers);
        for (size_t j = 0; j < numbers; j++)
            d[j] = fminf(fmaxf(d[j], -x), x);
    }
}

static double square_sum(const struct param *param)
{
    size_t numbers;
    const float *d = param_gradient(param, &numbers);
    double sum = 0;
    for (size_t j = 0; j < numbers; j++)
        sum += (double)d[j] * (double)d[j];
    return sum;
}

// Shrinks the gradient as one of this norm has to be.
static void shrink(const struct param *param, double norm, double bound)
{
    size_t numbers;
    float *d = param_gradient(param, &numbers);
    if (norm > bound)
        update_scale(d, numbers, (float)(bound / norm));
}

static void clip_norms(const double *args, struct param *const *params, size_t n)
{
    for (size_t i = 0; i < n; i++)
        shrink(params[i], sqrt(square_sum(params[i])), args[0]);
}

static void clip_global_norm(const double *args, struct param *const *params, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += square_sum(params[i]);
    for (size_t i = 0; i < n; i++)
        shrink(params[i], sqrt(sum), args[0]);
}

static const struct clip_kind none = {"none", "gradients are taken as they are", no_args, clip_nothing};
static const struct clip_kind value = {"value", "no number of a gradient is beyond -x or x", bound_args, clip_values};
static const struct clip_kind norm = {"norm", "each parameter's gradient has at most the norm x", bound_args, clip_norms};
static const struct clip_kind global_norm = {"global_norm", "all gradients together have at most the norm x", bound_args, clip_global_norm};

const struct clip_kind *const clip_kinds[] = {&none, &value, &norm, &global_norm, NULL};

struct clip clip_new(const struct call *call)
{
    struct clip clip = {0};
    KIND_FIND(clip.kind, call, "clipping", clip_kinds);
    kind_read(call, clip.kind->args, clip.args);
    return clip;
}

void clip_gradients(const struct clip *clip, struct param *const *params, size_t n)
{
    clip->kind->clip(clip->args, params, n);
}
