// Stochastic gradient descent, with momentum and Nesterov's look ahead as in Keras. With momentum every row moves at every step.
#include "common/math/update.h"
#include "common/model/optim.h"
#include "common/model/param.h"

enum { LR, MOMENTUM, NESTEROV };

static const struct kind_arg args[] = {
    OPTIM_LR(0.01),
    {"momentum", KIND_REAL, 0, 0, 1, "share of the last move that is kept; above 0, a step takes time by the size of the table"},
    {"nesterov", KIND_FLAG, 0, 0, 1, "Nesterov's momentum"},
    OPTIM_DECAY,
    {0},
};

static bool stateless(const struct optim *optim)
{
    return optim->args[MOMENTUM] == 0;
}

static void add_gradient(struct param *param, float *to, float by)
{
    for (size_t i = 0; i < param->n_touched; i++)
        update_add(to + param->touched[i] * param->width, param->d_value + i * param->width, param->width, by);
}

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    (void)step;
    float momentum = (float)optim->args[MOMENTUM], by = -(float)lr;
    if (momentum == 0) {
        add_gradient(param, param->value, by);
        return;
    }
    bool nesterov = optim->args[NESTEROV] != 0;
    update_scale(param->slots[0], param->rows * param->width, momentum);
    add_gradient(param, param->slots[0], by);
    if (nesterov)
        add_gradient(param, param->value, by);
    update_add(param->value, param->slots[0], param->rows * param->width, nesterov ? momentum : 1);
}

const struct optim_kind optim_sgd = {
    .name = "sgd", .help = "stochastic gradient descent", .args = args, .moves_all = true,
    .slots = {"momentum"}, .stateless = stateless, .step = take_step,
};
