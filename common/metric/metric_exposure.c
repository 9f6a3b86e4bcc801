// Exposure of a group of candidates: its share of the attention that the first k places get, 1 / log2(i + 2) at place i from 0 (Singh and
// Joachims, "Fairness of Exposure in Rankings", KDD 2018).
#include "common/metric/metric.h"

#include <math.h>

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    double all = 0, own = 0;
    const bool *group = query->catalogue->group;
    for (size_t i = 0; i < query->n && i < k && group != NULL; i++) {
        double attention = 1 / log2((double)i + 2);
        all += attention;
        own += group[query->rows[i]] ? attention : 0;
    }
    *weight = all > 0;
    *value = all > 0 ? own / all : 0;
}

const struct metric_kind metric_exposure = {
    .name = "exposure", .meaning = "share of the attention that the first k places get; of a slice of the candidates", .measure = measure,
};
