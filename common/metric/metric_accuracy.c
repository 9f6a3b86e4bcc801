// Top-k categorical accuracy as tfrs.metrics.FactorizedTopK has it. By scores: an event is a hit if fewer than k candidates score
// strictly higher than the true one, so ties are hits, and the true one need not be in the list; a score that is not
// finite makes it a miss. By ids: it is a hit if the true candidate is among the first k.
#include "common/metric/metric.h"

static void measure_scores(const struct metric_query *query, size_t k, double *value, double *weight)
{
    *value = *weight = 0;
    for (size_t i = 0; i < query->n_events; i++) {
        *weight += query->events[i].weight;
        *value += query->events[i].better < k ? query->events[i].weight : 0;
    }
}

static void measure_ids(const struct metric_query *query, size_t k, double *value, double *weight)
{
    *value = *weight = 0;
    for (size_t i = 0; i < query->n_events; i++) {
        *weight += query->events[i].weight;
        *value += query->events[i].place < k ? query->events[i].weight : 0;
    }
}

const struct metric_kind metric_accuracy = {
    .name = "accuracy", .meaning = "events whose candidate has fewer than k better ones", .by_event = true, .measure = measure_scores,
};
const struct metric_kind metric_accuracy_ids = {
    .name = "accuracy_ids", .meaning = "events whose candidate is in the first k places", .by_event = true, .measure = measure_ids,
};
