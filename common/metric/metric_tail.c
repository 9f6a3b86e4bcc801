// Tail share: of the first k places, those with a candidate outside the short head, the most popular candidates that make up 80 % of the
// interactions (Abdollahpouri, Burke and Mobasher, "Controlling Popularity Bias in Learning-to-Rank Recommendation", 2017).
#include "common/metric/metric.h"

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    size_t n = query->n < k ? query->n : k, hits = 0;
    for (size_t i = 0; i < n; i++)
        hits += query->catalogue->tail[query->rows[i]];
    *weight = n > 0;
    *value = n > 0 ? (double)hits / (double)n : 0;
}

const struct metric_kind metric_tail = {
    .name = "tail", .meaning = "of the first k places, those outside the most popular that make up 80 % of the interactions", .measure = measure,
};
