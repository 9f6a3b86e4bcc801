// Adam (Kingma, Ba 2015) as Keras has it: epsilon outside the root and not corrected for bias, and no row is left out: both means
// of every row decay, and every row moves, at every step.
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
    double beta_1 = optim->args[BETA_1], beta_2 = optim->args[BETA_2];
    float *m = param->slots[0], *v = param->slots[1];
    size_t n = param->rows * param->width, width = param->width;
    update_scale(m, n, (float)beta_1);
    update_scale(v, n, (float)beta_2);
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * width;
        update_add(m + at, param->d_value + i * width, width, (float)(1 - beta_1));
        update_add_squares(v + at, param->d_value + i * width, width, (float)(1 - beta_2));
    }
    double t = (double)step, alpha = lr * sqrt(1 - pow(beta_2, t)) / (1 - pow(beta_1, t));
    update_adam(param->value, m, v, n, (float)alpha, (float)optim->args[EPSILON]);
}

const struct optim_kind optim_adam = {
    .name = "adam", .help = "Adam, dense as in Keras: a step takes time by the size of the table",
    .args = args, .moves_all = true, .slots = {"m", "v"}, .squares = {false, true}, .step = take_step,
};
