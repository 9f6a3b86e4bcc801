// Recall: the relevant candidates among the first k, of all relevant ones. Precision: of k.
#include "common/metric/metric.h"

static double hits(const struct metric_query *query, size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < query->n && i < k; i++)
        n += query->relevant[i];
    return (double)n;
}

static void measure_recall(const struct metric_query *query, size_t k, double *value, double *weight)
{
    *weight = query->n_relevant > 0;
    *value = query->n_relevant > 0 ? hits(query, k) / (double)query->n_relevant : 0;
}

static void measure_precision(const struct metric_query *query, size_t k, double *value, double *weight)
{
    *weight = query->n_relevant > 0;
    *value = hits(query, k) / (double)k;
}

const struct metric_kind metric_recall = {
    .name = "recall", .meaning = "relevant candidates in the first k places, of all relevant ones", .measure = measure_recall,
};
const struct metric_kind metric_precision = {
    .name = "precision", .meaning = "relevant candidates in the first k places, of k", .measure = measure_precision,
};
