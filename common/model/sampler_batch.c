// The candidates of the batch's own examples: popular ones come often, each with its share of the interactions.
#include "common/model/sampler.h"

static const struct kind_arg args[] = {{0}};

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)sampler;
    return n;
}

const struct sampler_kind sampler_batch = {
    .name = "batch", .help = "the candidates of the batch's other examples", .args = args, .batch = true, .size = size,
    .probability = sampler_share,
};
