// Candidates drawn from the catalogue, each as probable as any other, with replacement.
#include "common/base/rng.h"
#include "common/model/sampler.h"

static const struct kind_arg args[] = {
    {"n", KIND_COUNT, 1024, 1, 1 << 24, "how many"},
    {"each", KIND_FLAG, 0, 0, 1, "so many for each example, instead of the same for the whole batch"},
    {0},
};

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)n;
    return (size_t)sampler->args[0];
}

static void draw(const struct sampler *sampler, uint64_t step, size_t first, size_t n, uint32_t *rows)
{
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)rng_below(rng_bits(sampler->seed, step, first + i), sampler->catalogue->n);
}

static double probability(const struct sampler *sampler, uint32_t row)
{
    (void)row;
    return 1 / (double)sampler->catalogue->n;
}

const struct sampler_kind sampler_uniform = {
    .name = "uniform", .help = "drawn from all candidates alike", .args = args, .size = size, .draw = draw, .probability = probability,
};
