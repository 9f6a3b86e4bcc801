// Overlap between users: the mean share of k that the lists of two queries have in common, over all pairs; 1 is the same list for
// everyone. A candidate in t lists is common to t (t - 1) / 2 pairs, so no pair is looked at. Personalisation is 1 less that.
#include "common/metric/metric.h"

#include <math.h>

static double measure(const uint32_t *times, size_t n, size_t n_lists, size_t k)
{
    if (n_lists < 2)
        return NAN;
    double common = 0, lists = (double)n_lists;
    for (size_t i = 0; i < n; i++)
        common += (double)times[i] * ((double)times[i] - 1);
    return common / (lists * (lists - 1) * (double)(k < n ? k : n));
}

const struct metric_catalogue_kind metric_overlap = {
    .name = "overlap", .meaning = "what the first k places of two queries have in common, mean over all pairs", .measure = measure,
};
