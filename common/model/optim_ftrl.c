// FTRL-proximal (McMahan et al. 2013, Ad Click Prediction) as Keras has it: with l1, numbers of little use become exactly zero.
//
//     n' = n + g^2                                      accumulator
//     z += g + 2 shrinkage w - (n'^p - n^p) / lr w      linear; p = -lr_power
//     w = (clip(z, -l1, l1) - z) / (n'^p / lr + 2 (l2 + beta / (2 lr)))
//
// A step whose lr is 0, as at the end of a schedule, has no such w and does nothing.
#include <math.h>

#include "common/base/die.h"
#include "common/model/optim.h"
#include "common/model/param.h"

enum { LR, POWER, START, L1, L2, SHRINKAGE, BETA };

static const struct kind_arg args[] = {
    OPTIM_LR(0.001),
    {"lr_power", KIND_REAL, -0.5, -10, 0, "how the rate falls with the sum of squares; 0: not at all"},
    {"initial_accumulator", KIND_REAL, 0.1, 0, 1e6, "what the sum of squares begins with"},
    {"l1", KIND_REAL, 0, 0, 1e6, "pulls numbers to zero until they are zero"},
    {"l2", KIND_REAL, 0, 0, 1e6, "pulls numbers to zero"},
    {"l2_shrinkage", KIND_REAL, 0, 0, 1e6, "pulls numbers to zero, as a part of the gradient"},
    {"beta", KIND_REAL, 0, 0, 1e6, "added to the root of the sum of squares"},
    OPTIM_DECAY,
    {0},
};

static double slot_start(const struct optim *optim)
{
    return optim->args[START];
}

static float power(float x, float p)
{
    return p == 0.5f ? sqrtf(x) : powf(x, p);
}

static void check(const struct optim *optim, const struct call *call)
{
    const double *a = optim->args;
    if (!(power((float)a[START], -(float)a[POWER]) > 0) && !((float)(a[L2] + a[BETA]) > 0))
        die(EXIT_INPUT, "%s: ftrl: without initial_accumulator, l2 and beta, what has no gradient is divided by zero: wanted one of them above 0",
            call->place);
}

static void take_step(const struct optim *optim, struct param *param, double rate, uint64_t step)
{
    (void)step;
    float lr = (float)rate, p = -(float)optim->args[POWER], l1 = (float)optim->args[L1], shrinkage = 2 * (float)optim->args[SHRINKAGE];
    if (lr == 0)
        return;
    float l2 = (float)(optim->args[L2] + optim->args[BETA] / (2 * rate));
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * param->width;
        const float *d = param->d_value + i * param->width;
        float *w = param->value + at, *n = param->slots[0] + at, *z = param->slots[1] + at;
        for (size_t j = 0; j < param->width; j++) {
            float before = power(n[j], p);
            n[j] += d[j] * d[j];
            float after = power(n[j], p);
            z[j] += d[j] + shrinkage * w[j] - (after - before) / lr * w[j];
            w[j] = (fminf(fmaxf(z[j], -l1), l1) - z[j]) / (after / lr + 2 * l2);
        }
    }
}

const struct optim_kind optim_ftrl = {
    .name = "ftrl", .help = "FTRL-proximal: follows the regularised leader, with l1 to exact zeros",
    .args = args, .slots = {"accumulator", "linear"}, .squares = {true, false}, .slot_start = slot_start, .check = check,
    .step = take_step,
};
