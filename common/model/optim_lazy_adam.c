// Lazy Adam: Adam (optim_adam.c) that looks at touched rows only. The means of a row decay at the steps that touch it, so a step takes
// time by the size of the batch; the correction for bias goes by the step of the whole model, as in TensorFlow Addons' LazyAdam.
#include <math.h>

#include "common/math/update.h"
#include "common/model/optim.h"
#include "common/model/param.h"

enum { LR, BETA_1, BETA_2, EPSILON };

static const struct kind_arg args[] = {
    OPTIM_LR(0.001),
    {"beta_1", KIND_BELOW, 0.9, 0, 1, "decay of the mean of gradients"},
    {"beta_2", KIND_BELOW, 0.999, 0, 1, "decay of the mean of their squares"},
    {"epsilon", KIND_REAL, 1e-7, KIND_EPSILON_MIN, 1, "added to the root"},
    OPTIM_DECAY,
    {0},
};

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    double beta_1 = optim->args[BETA_1], beta_2 = optim->args[BETA_2], t = (double)step;
    float alpha = (float)(lr * sqrt(1 - pow(beta_2, t)) / (1 - pow(beta_1, t)));
    size_t width = param->width;
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * width;
        const float *d = param->d_value + i * width;
        float *m = param->slots[0] + at, *v = param->slots[1] + at;
        update_scale(m, width, (float)beta_1);
        update_add(m, d, width, (float)(1 - beta_1));
        update_scale(v, width, (float)beta_2);
        update_add_squares(v, d, width, (float)(1 - beta_2));
        update_adam(param->value + at, m, v, width, alpha, (float)optim->args[EPSILON]);
    }
}

const struct optim_kind optim_lazy_adam = {
    .name = "lazy_adam", .help = "Adam on touched rows only: for large tables",
    .args = args, .slots = {"m", "v"}, .squares = {false, true}, .step = take_step,
};
