#include "common/metric/paired.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/rng.h"

struct sized {
    double size;
    int sign;
};

static int by_size(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    return x->size < y->size ? -1 : x->size > y->size;
}

static double wilcoxon(const struct paired *p)
{
    struct sized *sorted = memory_zeros(p->n, sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        double d = p->values[i] - p->others[i];
        if (d != 0)
            sorted[n++] = (struct sized){fabs(d), d > 0 ? 1 : -1};
    }
    qsort(sorted, n, sizeof *sorted, by_size);
    double count = (double)n, above = 0, ties = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && sorted[end].size == sorted[i].size; end++)
            ;
        double equal = (double)(end - i), rank = (double)(i + 1 + end) / 2;
        ties += equal * equal * equal - equal;
        for (size_t j = i; j < end; j++)
            above += sorted[j].sign > 0 ? rank : 0;
    }
    free(sorted);
    double variance = count * (count + 1) * (2 * count + 1) / 24 - ties / 48;
    return n == 0 ? 1 : erfc(fabs(above - count * (count + 1) / 4) / sqrt(2 * variance));
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void bootstrap(const struct paired *p, uint64_t seed, struct paired_test *test)
{
    double differences[PAIRED_RESAMPLES];
    size_t not_above = 0, not_below = 0;
    for (size_t b = 0; b < PAIRED_RESAMPLES; b++) {
        double sum = 0, weight = 0;
        for (size_t i = 0; i < p->n; i++) {
            size_t drawn = (size_t)rng_below(rng_bits(seed, b, i), p->n);
            sum += p->weights[drawn] * (p->values[drawn] - p->others[drawn]);
            weight += p->weights[drawn];
        }
        differences[b] = sum / weight;
        not_above += differences[b] <= 0;
        not_below += differences[b] >= 0;
    }
    qsort(differences, PAIRED_RESAMPLES, sizeof *differences, rising);
    // The same rank from either end: 25 of a thousand lie outside at each.
    size_t outside = PAIRED_RESAMPLES / 40;
    test->low = differences[outside - 1];
    test->high = differences[PAIRED_RESAMPLES - outside];
    test->p_bootstrap = fmin(1, 2 * (double)(1 + (not_above < not_below ? not_above : not_below)) / (PAIRED_RESAMPLES + 1));
}

struct paired_test paired_test(const struct paired *p, uint64_t seed)
{
    struct paired_test test = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double value = 0, other = 0, weight = 0;
    for (size_t i = 0; i < p->n; i++) {
        value += p->weights[i] * p->values[i];
        other += p->weights[i] * p->others[i];
        weight += p->weights[i];
    }
    if (p->n == 0)
        return test;
    test.value = value / weight;
    test.other = other / weight;
    test.difference = test.value - test.other;
    bootstrap(p, seed, &test);
    test.p_wilcoxon = wilcoxon(p);
    return test;
}
