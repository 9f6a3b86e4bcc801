// Clippy Adagrad (Tang et al. 2023, arXiv 2302.09178) as in TFRS: Adagrad whose whole step of a parameter is shrunk by one factor, so
// that no number w moves by more than variable_threshold |w| + accumulator_threshold / sqrt(accumulator) + absolute_threshold. The
// factor is the smallest over the touched rows. By default the accumulator is updated after the step, with the unclipped gradient.
#include <math.h>

#include "common/base/die.h"
#include "common/math/update.h"
#include "common/model/optim.h"
#include "common/model/param.h"

enum { LR, START, VARIABLE, ACCUMULATOR, ABSOLUTE, EPSILON, CLIP, STANDARD };

static const struct kind_arg args[] = {
    OPTIM_LR(0.001),
    {"initial_accumulator", KIND_REAL, 0.1, 0, 1e6, "what the sum of squares begins with"},
    {"variable_threshold", KIND_REAL, 0.1, 0, 1e6, "allowed move as a share of the number itself"},
    {"accumulator_threshold", KIND_REAL, 0, 0, 1e6, "allowed move as a share of 1 / sqrt(accumulator)"},
    {"absolute_threshold", KIND_REAL, 1e-7, 0, 1e6, "allowed move"},
    {"epsilon", KIND_REAL, 1e-7, 0, 1, "added to the sum of squares under the root"},
    {"clip_accumulator", KIND_FLAG, 0, 0, 1, "the accumulator takes the clipped gradient"},
    {"standard_accumulator", KIND_FLAG, 0, 0, 1, "the accumulator is updated before the step, as in Adagrad"},
    OPTIM_DECAY,
    {0},
};

static double slot_start(const struct optim *optim)
{
    return optim->args[START];
}

static void check(const struct optim *optim, const struct call *call)
{
    if (optim->args[CLIP] != 0 && optim->args[STANDARD] != 0)
        die(EXIT_INPUT, "%s: clippy_adagrad: clip_accumulator and standard_accumulator exclude each other", call->place);
    optim_check_sum(call, optim->args[START], optim->args[EPSILON]);
}

// The largest factor, at most 1, by which the step may be taken.
static float clipping_factor(const struct optim *optim, const struct param *param, float lr)
{
    float factor = 1;
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * param->width;
        for (size_t j = 0; j < param->width; j++) {
            float root = 1 / sqrtf(param->slots[0][at + j] + (float)optim->args[EPSILON]);
            float move = fabsf(lr * param->d_value[i * param->width + j] * root);
            float allowed = (float)optim->args[ABSOLUTE] + fabsf(param->value[at + j]) * (float)optim->args[VARIABLE] +
                            root * (float)optim->args[ACCUMULATOR];
            if (move > 0 && allowed / move < factor)
                factor = allowed / move;
        }
    }
    return factor;
}

static void add_squares(struct param *param, float by)
{
    for (size_t i = 0; i < param->n_touched; i++)
        update_add_squares(param->slots[0] + param->touched[i] * param->width, param->d_value + i * param->width, param->width, by);
}

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    (void)step;
    if (optim->args[STANDARD] != 0)
        add_squares(param, 1);
    float factor = clipping_factor(optim, param, (float)lr), by = (float)lr * factor, epsilon = (float)optim->args[EPSILON];
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * param->width;
        for (size_t j = 0; j < param->width; j++)
            param->value[at + j] -= by * param->d_value[i * param->width + j] / sqrtf(param->slots[0][at + j] + epsilon);
    }
    if (optim->args[STANDARD] == 0)
        add_squares(param, optim->args[CLIP] != 0 ? factor * factor : 1);
}

const struct optim_kind optim_clippy_adagrad = {
    .name = "clippy_adagrad", .help = "Adagrad with adaptive clipping: one factor a parameter and step bounds every number's move",
    .args = args, .slots = {"accumulator"}, .squares = {true}, .slot_start = slot_start, .check = check, .step = take_step,
};
