// Reciprocal rank: 1 / (1 + place of the first relevant candidate) if that is among the first k, else 0.
#include "common/metric/metric.h"

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    *weight = query->n_relevant > 0;
    *value = 0;
    for (size_t i = 0; i < query->n && i < k && *value == 0; i++)
        if (query->relevant[i])
            *value = 1 / ((double)i + 1);
}

const struct metric_kind metric_mrr = {
    .name = "mrr", .meaning = "1 / place of the first relevant candidate", .measure = measure,
};
