#include "common/model/pooling.h"

#include <string.h>

extern const struct pooling_kind pooling_mean, pooling_sum, pooling_sqrtn, pooling_last, pooling_gru, pooling_attention;

const struct pooling_kind *const pooling_kinds[] = {&pooling_mean, &pooling_sum, &pooling_sqrtn, &pooling_last, &pooling_gru,
                                                    &pooling_attention, NULL};

struct pooling pooling_new(const struct call *call, const char *name, struct arena *arena)
{
    const char *names[16];
    size_t n = 0;
    for (; pooling_kinds[n] != NULL; n++) {
        names[n] = pooling_kinds[n]->name;
        if (strcmp(names[n], call->name) != 0)
            continue;
        struct pooling pooling = {.kind = pooling_kinds[n], .part = part_new(call, pooling_kinds[n]->args, name, arena)};
        if (pooling.kind->make != NULL)
            pooling.kind->make(&pooling);
        return pooling;
    }
    kind_unknown(call, "pooling", names, n);
}

void pooling_shape(struct pooling *pooling, size_t in, const char *place)
{
    pooling->in = pooling->out = in;
    if (pooling->kind->shape != NULL)
        pooling->kind->shape(pooling, place);
}
