#include "common/model/optim.h"

#include <string.h>

extern const struct optim_kind optim_adagrad, optim_sgd, optim_adam, optim_clippy_adagrad;

const struct optim_kind *const optim_kinds[] = {&optim_adagrad, &optim_sgd, &optim_adam, &optim_clippy_adagrad, NULL};

struct optim *optim_new(const struct call *call)
{
    const char *names[16];
    size_t n = 0;
    for (; optim_kinds[n] != NULL; n++) {
        names[n] = optim_kinds[n]->name;
        if (strcmp(names[n], call->name) != 0)
            continue;
        struct optim *optim = memory_zeros(1, sizeof *optim);
        optim->kind = optim_kinds[n];
        kind_read(call, optim->kind->args, optim->args);
        if (optim->kind->check != NULL)
            optim->kind->check(optim, call);
        return optim;
    }
    kind_unknown(call, "optimiser", names, n);
}

size_t optim_slots(const struct optim *optim)
{
    size_t n = 0;
    while (n < SLOTS_MAX && optim->kind->slots[n] != NULL)
        n++;
    return optim->kind->stateless != NULL && optim->kind->stateless(optim) ? 0 : n;
}
