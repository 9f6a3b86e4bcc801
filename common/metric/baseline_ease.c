// EASE: each candidate from all others, linearly, in closed form (see common/math/ease.h). lambda, unless given, is the usual one there,
// within 1 % of the best recall at 20 on validation parts of MovieLens 100K, 1M and MovieTweetings. Too large a value costs little.
#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/math/ease.h"
#include "common/metric/baseline.h"

static const float steps = 1 << 13;  // between 0 and 1

struct ease {
    size_t n;
    float *weights;    // (n, n): row i is what having taken i says for each
};

static double read_lambda(const struct call *call)
{
    call_known(call, "lambda", 0);
    return call_real(call, "lambda", 0, 1e-3, 1e9);
}

static void check(const struct call *call)
{
    (void)read_lambda(call);
}

static double bytes(const struct call *call, const struct baseline_data *data)
{
    (void)call;
    return (double)data->n_candidates * (double)data->n_candidates * sizeof(float);
}

static void *fit(const struct call *call, const struct baseline_data *data, struct pool *pool)
{
    (void)pool;
    size_t n = data->n_candidates;
    double lambda = read_lambda(call);
    if (lambda == 0)
        lambda = fmax(ease_lambda(data->lists[data->n_queries], n), 1);
    float *weights = memory_zeros(n * n, sizeof *weights);
    if (!ease_weights(data->n_queries, n, data->lists, data->taken, lambda, weights)) {
        free(weights);
        return NULL;
    }
    struct ease *ease = memory_zeros(1, sizeof *ease);
    *ease = (struct ease){n, weights};
    return ease;
}

// Candidates that the same queries took have the same score, but for the rounding of the inverse, which differs from machine to machine: scores are
// rounded so that these are ties, which go to the more popular one everywhere.
static void score(const void *fitted, const uint32_t *taken, size_t n, float *scores)
{
    const struct ease *ease = fitted;
    for (size_t i = 0; i < n; i++) {
        const float *restrict row = ease->weights + taken[i] * ease->n;
        for (size_t j = 0; j < ease->n; j++)
            scores[j] += row[j];
    }
    for (size_t j = 0; j < ease->n; j++)
        scores[j] = rintf(scores[j] * steps) / steps;
}

static void end(void *fitted)
{
    struct ease *ease = fitted;
    free(ease->weights);
    free(ease);
}

const struct baseline_kind baseline_ease = {
    .name = "ease", .arguments = "lambda=45 times the root of how often a candidate was taken",
    .meaning = "each candidate from all others, linearly (Steck 2019); 4 bytes for every pair of candidates",
    .check = check, .bytes = bytes, .fit = fit, .score = score, .free = end,
};
