// Intra-list similarity: the mean cosine of the candidates in the first k places, over all pairs (Ziegler et al., "Improving Recommendation
// Lists Through Topic Diversification", WWW 2005). With vectors of length 1 the sum over the pairs is half of |sum of the vectors|^2
// less the sum of the |vector|^2, so it takes k additions and no pairs.
#include "common/metric/metric.h"

static void measure(const struct metric_query *query, size_t k, double *value, double *weight)
{
    const struct metric_catalogue *catalogue = query->catalogue;
    size_t n = query->n < k ? query->n : k;
    double pairs = 0;
    *value = *weight = 0;
    if (catalogue->vectors == NULL || n < 2)
        return;
    for (size_t d = 0; d < catalogue->dim; d++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            double x = catalogue->vectors[query->rows[i] * catalogue->dim + d];
            sum += x;
            squares += x * x;
        }
        pairs += sum * sum - squares;
    }
    *weight = 1;
    *value = pairs / ((double)n * (double)(n - 1));
}

const struct metric_kind metric_similarity = {
    .name = "similarity", .meaning = "mean cosine of the candidates in the first k places; with --vectors", .unbounded = true, .measure = measure,
};
