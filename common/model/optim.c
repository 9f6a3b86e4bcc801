#include "common/model/optim.h"

#include <string.h>

#include "common/base/die.h"
#include "common/math/update.h"
#include "common/model/param.h"

extern const struct optim_kind optim_adagrad, optim_sgd, optim_adam, optim_lazy_adam, optim_ftrl, optim_clippy_adagrad;

const struct optim_kind *const optim_kinds[] = {&optim_adagrad, &optim_sgd,  &optim_adam, &optim_lazy_adam,
                                                &optim_ftrl,    &optim_clippy_adagrad, NULL};

static size_t last_argument(const struct optim_kind *kind)
{
    size_t n = 0;
    while (kind->args[n + 1].name != NULL)
        n++;
    return n;
}

struct optim *optim_new(const struct call *call)
{
    const struct optim_kind *kind;
    KIND_FIND(kind, call, "optimiser", optim_kinds);
    struct optim *optim = memory_zeros(1, sizeof *optim);
    optim->kind = kind;
    kind_read(call, optim->kind->args, optim->args);
    optim->lr = schedule_new(kind_text(call, optim->kind->args, 0), optim->args[0], call->place);
    optim->decay = optim->args[last_argument(optim->kind)];
    if (optim->kind->check != NULL)
        optim->kind->check(optim, call);
    return optim;
}

void optim_check_sum(const struct call *call, double initial_accumulator, double epsilon)
{
    if ((float)initial_accumulator + (float)epsilon < (float)KIND_EPSILON_MIN)
        die(EXIT_INPUT, "%s: %s: initial_accumulator and epsilon are 0 both, and what has no gradient is divided by it: wanted one above 0",
            call->place, call->name);
}

size_t optim_slots(const struct optim *optim)
{
    size_t n = 0;
    while (n < SLOTS_MAX && optim->kind->slots[n] != NULL)
        n++;
    return optim->kind->stateless != NULL && optim->kind->stateless(optim) ? 0 : n;
}

static void decay(struct param *param, bool all, float by)
{
    if (all) {
        update_scale(param->value, param->rows * param->width, by);
        return;
    }
    for (size_t i = 0; i < param->n_touched; i++)
        update_scale(param->value + param->touched[i] * param->width, param->width, by);
}

void optim_step(const struct optim *optim, struct param *param, uint64_t step)
{
    double lr = schedule_at(&optim->lr, step);
    if (optim->decay > 0)
        decay(param, optim->kind->moves_all && optim_slots(optim) > 0, (float)(1 - lr * optim->decay));
    optim->kind->step(optim, param, lr, step);
}
