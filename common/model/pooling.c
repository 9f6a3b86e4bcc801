#include "common/model/pooling.h"

#include <string.h>

extern const struct pooling_kind pooling_mean, pooling_sum, pooling_sqrtn, pooling_last, pooling_gru, pooling_attention;

const struct pooling_kind *const pooling_kinds[] = {&pooling_mean, &pooling_sum, &pooling_sqrtn, &pooling_last, &pooling_gru,
                                                    &pooling_attention, NULL};

struct pooling pooling_new(const struct call *call, const char *name, struct arena *arena)
{
    const struct pooling_kind *kind;
    KIND_FIND(kind, call, "pooling", pooling_kinds);
    struct pooling pooling = {.kind = kind, .part = part_new(call, kind->args, name, arena)};
    if (pooling.kind->make != NULL)
        pooling.kind->make(&pooling);
    return pooling;
}

void pooling_shape(struct pooling *pooling, size_t in, const char *place)
{
    pooling->in = pooling->out = in;
    if (pooling->kind->shape != NULL)
        pooling->kind->shape(pooling, place);
}
