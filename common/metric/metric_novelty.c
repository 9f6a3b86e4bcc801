// Novelty: the mean self-information of the first k places, -log2 of a candidate's share of all interactions (Castells, Hurley and Vargas,
// "Novelty and Diversity in Recommender Systems", 2015). In bits: 1 more is half as often taken.
#include "common/metric/metric.h"

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    size_t n = query->n < k ? query->n : k;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += query->catalogue->information[query->rows[i]];
    *weight = n > 0;
    *value = n > 0 ? sum / (double)n : 0;
}

const struct metric_kind metric_novelty = {
    .name = "novelty", .meaning = "bits of information in a candidate's being taken, mean of the first k places",
    .unbounded = true, .measure = measure,
};
