// Lazy Adam: Adam (optim_adam.c) that looks at touched rows only. The means of a row decay at the steps that touch it, so a step takes
// time by the size of the batch; the correction for bias goes by the step of the whole model, as in TensorFlow Addons' LazyAdam.
#include "common/model/optim_adam.h"
#include "common/model/param.h"

static void take_step(const struct optim *optim, struct param *param, double lr, uint64_t step)
{
    const struct adam adam = optim_adam_of(optim, lr, step);
    size_t width = param->width;
    for (size_t i = 0; i < param->n_touched; i++) {
        size_t at = param->touched[i] * width;
        update_adam(param->value + at, param->slots[0] + at, param->slots[1] + at, param->d_value + i * width, width, &adam);
    }
}

const struct optim_kind optim_lazy_adam = {
    .name = "lazy_adam", .help = "Adam on touched rows only: for large tables",
    .args = optim_adam_args, .slots = {"m", "v"}, .squares = {false, true}, .step = take_step,
};
