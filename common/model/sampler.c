#include "common/model/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

extern const struct sampler_kind sampler_all, sampler_batch, sampler_explicit, sampler_popularity, sampler_queue, sampler_uniform;

const struct sampler_kind *const sampler_kinds[] = {&sampler_batch,  &sampler_uniform, &sampler_popularity, &sampler_all,
                                                    &sampler_queue, &sampler_explicit, NULL};

struct sampler *sampler_new(const struct call *call, uint64_t seed)
{
    const struct sampler_kind *kind;
    KIND_FIND(kind, call, "sampler", sampler_kinds);
    struct sampler *sampler = memory_zeros(1, sizeof *sampler);
    sampler->kind = kind;
    sampler->seed = seed;
    sampler->place = call->place;
    kind_read(call, sampler->kind->args, sampler->args);
    if (sampler->kind->args[0].name != NULL && sampler->kind->args[0].type == KIND_CALL)
        sampler->column = kind_text(call, sampler->kind->args, 0);
    return sampler;
}

void sampler_free(struct sampler *sampler)
{
    if (sampler != NULL && sampler->kind->stop != NULL)
        sampler->kind->stop(sampler);
    free(sampler);
}

void sampler_start(struct sampler *sampler, const struct sampler_catalogue *catalogue)
{
    sampler->catalogue = catalogue;
    if (sampler->kind->start != NULL)
        sampler->kind->start(sampler);
}

size_t sampler_size(const struct sampler *sampler, size_t n)
{
    return sampler->kind->size(sampler, n);
}

bool sampler_each(const struct sampler *sampler)
{
    for (size_t i = 0; sampler->kind->args[i].name != NULL; i++)
        if (strcmp(sampler->kind->args[i].name, "each") == 0)
            return sampler->args[i] != 0;
    return sampler->column != NULL;
}

double sampler_share(const struct sampler *sampler, uint32_t row)
{
    return sampler->catalogue->sum > 0 ? sampler->catalogue->count[row] / sampler->catalogue->sum : 0;
}
