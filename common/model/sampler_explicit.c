// The candidates that an example names itself, in a list column: negatives of that example only.
//
// They are certain, not drawn. Where others are drawn, N of them, an expected count of 1 is a share of 1 / N (pairing.c).
#include <math.h>

#include "common/model/sampler.h"

static const struct kind_arg args[] = {
    {"column", KIND_CALL, NAN, 0, 0, "of the interactions: a list of candidates' keys"},
    {0},
};

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)sampler, (void)n;
    return 0;
}

static double probability(const struct sampler *sampler, uint32_t row)
{
    (void)sampler, (void)row;
    return 0;
}

const struct sampler_kind sampler_explicit = {
    .name = "explicit", .help = "those that an example lists, for it alone", .args = args, .size = size, .probability = probability,
};
