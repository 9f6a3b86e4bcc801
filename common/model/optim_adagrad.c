// Adagrad (Duchi, Hazan, Singer 2011) as Keras has it: epsilon inside the root, the gradient of a row summed before it is squared.
#include "common/math/update.h"
#include "common/model/optim.h"
#include "common/model/param.h"

enum { LR, START, EPSILON };

static const struct kind_arg args[] = {
    OPTIM_LR(0.001),
    {"initial_accumulator", KIND_REAL, 0.1, 0, 1e6, "what the sum of squares begins with"},
    {"epsilon", KIND_REAL, 1e-7, 0, 1, "added to the sum of squares under the root"},
    OPTIM_DECAY,
    {0},
};

static double slot_start(const struct optim *optim)
{
    return optim->args[START];
}

static void check(const struct optim *optim, const struct call *call)
{
    optim_check_sum(call, optim->args[START], optim->args[EPSILON]);
}

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    (void)step;
    size_t width = param->width;
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * width;
        update_adagrad(param->value + at, param->slots[0] + at, param->d_value + i * width, width, (float)lr,
                       (float)optim->args[EPSILON]);
    }
}

const struct optim_kind optim_adagrad = {
    .name = "adagrad", .help = "steps shrink by the root of the sum of squared gradients, number by number",
    .args = args, .slots = {"accumulator"}, .squares = {true}, .slot_start = slot_start, .check = check, .step = take_step,
};
