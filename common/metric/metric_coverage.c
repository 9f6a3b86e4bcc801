// Catalogue coverage: the candidates that are in the first k places of any list, of the catalogue.
#include "common/metric/metric.h"

#include <math.h>

static double measure(const uint32_t *times, size_t n, size_t n_lists, size_t k)
{
    (void)n_lists;
    (void)k;
    size_t covered = 0;
    for (size_t i = 0; i < n; i++)
        covered += times[i] > 0;
    return n > 0 ? (double)covered / (double)n : NAN;
}

const struct metric_catalogue_kind metric_coverage = {
    .name = "coverage", .meaning = "candidates in the first k places of any list, of the catalogue", .measure = measure,
};
