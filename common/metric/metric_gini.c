// Gini: how unequally the candidates share the first k places of all lists; 0: each is there as often, near 1: few have everything. With
// the times t rising, the sum of (2 i - n - 1) t_i, i from 1, by n times the sum of t.
#include "common/metric/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

static int rising(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double measure(const uint32_t *times, size_t n, size_t n_lists, size_t k)
{
    (void)n_lists;
    (void)k;
    if (n == 0)
        return NAN;
    uint32_t *sorted = memory_zeros(n, sizeof *sorted);
    memcpy(sorted, times, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, rising);
    double sum = 0, weighted = 0;
    for (size_t i = 0; i < n; i++) {
        sum += sorted[i];
        weighted += (2 * (double)i + 1 - (double)n) * sorted[i];
    }
    free(sorted);
    return sum > 0 ? weighted / ((double)n * sum) : NAN;
}

const struct metric_catalogue_kind metric_gini = {
    .name = "gini", .meaning = "how unequally the candidates share the first k places of all lists: 0 equally, 1 not at all", .measure = measure,
};
