#include "common/model/loss.h"

#include <stdlib.h>
#include <string.h>

extern const struct loss_kind loss_softmax, loss_full_softmax, loss_bpr, loss_hinge, loss_warp, loss_ccl;

const struct loss_kind *const loss_kinds[] = {&loss_softmax, &loss_full_softmax, &loss_bpr, &loss_hinge, &loss_warp, &loss_ccl, NULL};

struct loss *loss_new(const struct call *call)
{
    const struct loss_kind *kind;
    KIND_FIND(kind, call, "loss", loss_kinds);
    struct loss *loss = memory_zeros(1, sizeof *loss);
    loss->kind = kind;
    kind_read(call, loss->kind->args, loss->args);
    return loss;
}

double loss_arg(const struct loss *loss, const char *name, double otherwise)
{
    for (size_t i = 0; loss->kind->args[i].name != NULL; i++)
        if (strcmp(loss->kind->args[i].name, name) == 0)
            return loss->args[i];
    return otherwise;
}

void loss_free(struct loss *loss)
{
    if (loss != NULL)
        arena_free(&loss->scratch);
    free(loss);
}
