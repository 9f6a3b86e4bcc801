// Candidates drawn with a probability that grows with count^power, with replacement.
//
// Walker's alias method as Vose builds it: every candidate has a column of height 1, filled by itself up to `keep` and above
// that by its `alias`; a draw takes a column and a height.
#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/model/sampler.h"

enum { SIZE, POWER };

static const struct kind_arg args[] = {
    {"n", KIND_COUNT, 1024, 1, 1 << 24, "how many"},
    {"power", KIND_REAL, 0.75, 0, 4, "of the count; a candidate without interactions is never drawn, but for power 0"},
    {"each", KIND_FLAG, 0, 0, 1, "so many for each example, instead of the same for the whole batch"},
    {0},
};

struct popularity {
    double *share;     // (n)
    double *keep;      // (n)
    uint32_t *alias;   // (n)
    struct arena arena;
};

static void fill_columns(struct popularity *p, size_t n)
{
    // Columns that are not full from the front, those too full from the back.
    uint32_t *stack = memory_aligned(n, sizeof *stack);
    size_t small = 0, large = n;
    for (size_t i = 0; i < n; i++) {
        p->keep[i] = p->share[i] * (double)n;
        p->alias[i] = (uint32_t)i;
        stack[p->keep[i] < 1 ? small++ : --large] = (uint32_t)i;
    }
    while (small > 0 && large < n) {
        uint32_t poor = stack[--small], rich = stack[large];
        p->alias[poor] = rich;
        p->keep[rich] -= 1 - p->keep[poor];
        if (p->keep[rich] < 1) {
            large++;
            stack[small++] = rich;
        }
    }
    while (small > 0)  // 1 but for rounding
        p->keep[stack[--small]] = 1;
    free(stack);
}

static void start(struct sampler *sampler)
{
    const struct sampler_catalogue *c = sampler->catalogue;
    struct popularity *p = sampler->state = memory_zeros(1, sizeof *p);
    p->share = arena_array(&p->arena, c->n, sizeof *p->share);
    p->keep = arena_array(&p->arena, c->n, sizeof *p->keep);
    p->alias = arena_array(&p->arena, c->n, sizeof *p->alias);
    double sum = 0;
    for (size_t i = 0; i < c->n; i++)
        sum += p->share[i] = pow(c->count[i], sampler->args[POWER]);
    if (!(sum > 0))
        die(EXIT_INPUT, "%s: popularity: no candidate has a count", sampler->place);
    for (size_t i = 0; i < c->n; i++)
        p->share[i] /= sum;
    fill_columns(p, c->n);
}

static size_t size(const struct sampler *sampler, size_t n)
{
    (void)n;
    return (size_t)sampler->args[SIZE];
}

static void draw(const struct sampler *sampler, uint64_t step, size_t first, size_t n, uint32_t *rows)
{
    const struct popularity *p = sampler->state;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = rng_bits(sampler->seed, step, first + i);
        uint32_t column = (uint32_t)rng_below(bits, sampler->catalogue->n);
        rows[i] = rng_unit(rng_mix(bits)) < p->keep[column] ? column : p->alias[column];
    }
}

static double probability(const struct sampler *sampler, uint32_t row)
{
    return ((const struct popularity *)sampler->state)->share[row];
}

static void stop(struct sampler *sampler)
{
    struct popularity *p = sampler->state;
    if (p != NULL)
        arena_free(&p->arena);
    free(p);
}

const struct sampler_kind sampler_popularity = {
    .name = "popularity", .help = "drawn in proportion to count^power", .args = args, .start = start, .size = size, .draw = draw,
    .probability = probability, .stop = stop,
};
