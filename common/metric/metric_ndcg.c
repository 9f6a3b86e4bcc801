// Normalised discounted cumulative gain with binary relevance: a relevant candidate at place i, from 0, gains 1 / log2(i + 2); the
// ideal list begins with min(k, relevant) of them (Järvelin and Kekäläinen 2002).
#include "common/metric/metric.h"

#include <math.h>

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    double gain = 0, ideal = 0;
    for (size_t i = 0; i < query->n && i < k; i++)
        if (query->relevant[i])
            gain += 1 / log2((double)i + 2);
    for (size_t i = 0; i < query->n_relevant && i < k; i++)
        ideal += 1 / log2((double)i + 2);
    *weight = query->n_relevant > 0;
    *value = ideal > 0 ? gain / ideal : 0;
}

const struct metric_kind metric_ndcg = {
    .name = "ndcg", .meaning = "discounted gain of the first k places, of the ideal one", .measure = measure,
};
