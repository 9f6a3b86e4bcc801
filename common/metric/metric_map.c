// Average precision at k: the mean, over min(k, relevant), of the precision at each place of the first k with a relevant candidate.
#include "common/metric/metric.h"

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    double sum = 0;
    size_t hits = 0;
    for (size_t i = 0; i < query->n && i < k; i++)
        if (query->relevant[i])
            sum += (double)++hits / ((double)i + 1);
    size_t best = query->n_relevant < k ? query->n_relevant : k;
    *weight = query->n_relevant > 0;
    *value = best > 0 ? sum / (double)best : 0;
}

const struct metric_kind metric_map = {
    .name = "map", .meaning = "mean precision at the places of relevant candidates", .measure = measure,
};
