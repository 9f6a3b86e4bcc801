// Adam (Kingma, Ba 2015) as Keras has it: epsilon outside the root and not corrected for bias, and no row is left out: both means
// of every row decay, and every row moves, at every step.
#include <math.h>

#include "common/model/optim_adam.h"
#include "common/model/param.h"

enum { LR, BETA_1, BETA_2, EPSILON };

const struct kind_arg optim_adam_args[] = {
    OPTIM_LR(0.001),
    {"beta_1", KIND_BELOW, 0.9, 0, 1, "decay of the mean of gradients"},
    {"beta_2", KIND_BELOW, 0.999, 0, 1, "decay of the mean of their squares"},
    {"epsilon", KIND_REAL, 1e-7, KIND_EPSILON_MIN, 1, "added to the root"},
    OPTIM_DECAY,
    {0},
};

struct adam optim_adam_of(const struct optim *optim, double lr, uint64_t step)
{
    double beta_1 = optim->args[BETA_1], beta_2 = optim->args[BETA_2], t = (double)step;
    return (struct adam){beta_1, beta_2, lr * sqrt(1 - pow(beta_2, t)) / (1 - pow(beta_1, t)), optim->args[EPSILON]};
}

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    const struct adam adam = optim_adam_of(optim, lr, step);
    size_t width = param->width;
    for (size_t row = 0; row < param->rows; row++) {
        size_t at = row * width, place = param->places[row];
        bool touched = place < param->n_touched && param->touched[place] == row;
        update_adam(param->value + at, param->slots[0] + at, param->slots[1] + at, touched ? param->d_value + place * width : NULL, width, &adam);
    }
}

const struct optim_kind optim_adam = {
    .name = "adam", .help = "Adam, dense as in Keras: a step takes time by the size of the table",
    .args = optim_adam_args, .moves_all = true, .slots = {"m", "v"}, .squares = {false, true}, .step = take_step,
};
