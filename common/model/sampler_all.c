// Every candidate there is, once: nothing is left to chance, and nothing to be corrected.
#include "common/model/sampler.h"

static const struct kind_arg args[] = {{0}};

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)n;
    return sampler->catalogue->n;
}

static void draw(const struct sampler *sampler, uint64_t step, size_t first, size_t n, uint32_t *rows)
{
    (void)sampler, (void)step;
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)(first + i);
}

static double probability(const struct sampler *sampler, uint32_t row)
{
    (void)row;
    return 1 / (double)sampler->catalogue->n;
}

const struct sampler_kind sampler_all = {
    .name = "all", .help = "the whole catalogue", .args = args, .size = size, .draw = draw, .probability = probability,
};
