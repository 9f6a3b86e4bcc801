#include "common/metric/metric.h"

#include <math.h>
#include <string.h>

#include "common/metric/popularity.h"

const struct metric_kind *const metric_kinds[] = {
    &metric_accuracy, &metric_accuracy_ids, &metric_recall, &metric_precision, &metric_ndcg, &metric_mrr, &metric_map, NULL,
};

const struct metric_kind *const metric_list_kinds[] = {&metric_novelty, &metric_tail, &metric_similarity, &metric_exposure, NULL};
const struct metric_catalogue_kind *const metric_catalogue_kinds[] = {&metric_coverage, &metric_gini, &metric_overlap, NULL};

const struct metric_kind *metric_kind(const char *name)
{
    for (size_t i = 0; metric_kinds[i] != NULL; i++)
        if (strcmp(metric_kinds[i]->name, name) == 0)
            return metric_kinds[i];
    return NULL;
}

void metric_know(const uint32_t *counts, size_t n, float *information, bool *tail)
{
    struct popularity *popularity = popularity_new(counts, n);
    struct metric_list order = popularity_list(popularity, NULL, 0, n);
    double sum = 0, before = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    for (size_t i = 0; i < n; i++) {
        uint32_t row = order.rows[i];
        information[row] = (float)log2(fmax(sum, 1) / fmax(counts[row], 1));
        tail[row] = before >= 0.8 * sum;
        before += counts[row];
    }
    popularity_free(popularity);
}

// How many of the falling scores are strictly greater.
static size_t better_than(const float *scores, size_t n, float score)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (scores[middle] > score)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

void metric_find(const struct metric_list *list, size_t depth, const uint32_t *candidates, const float *scores,
                 const float *weights, size_t n, uint32_t *marks, struct metric_event *events)
{
    size_t n_list = list->n < depth ? list->n : depth;
    // As they fall, all are finite if the first and the last are.
    bool finite = n_list == 0 || (isfinite(list->scores[0]) && isfinite(list->scores[n_list - 1]));
    for (size_t i = 0; i < n_list; i++)
        marks[list->rows[i]] = (uint32_t)i + 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t mark = marks[candidates[i]];
        events[i] = (struct metric_event){
            .better = finite && isfinite(scores[i]) ? better_than(list->scores, n_list, scores[i]) : METRIC_NOWHERE,
            .place = mark == 0 ? METRIC_NOWHERE : mark - 1,
            .weight = weights != NULL ? (double)weights[i] : 1,
        };
    }
    for (size_t i = 0; i < n_list; i++)
        marks[list->rows[i]] = 0;
}

void metric_add(struct metric_sum *sum, double value, double weight)
{
    if (weight == 0)
        return;
    sum->value += value;
    sum->weight += weight;
    sum->value_value += value * value;
    sum->value_weight += value * weight;
    sum->weight_weight += weight * weight;
    sum->n++;
}

double metric_mean(const struct metric_sum *sum)
{
    return sum->n == 0 ? NAN : sum->value / sum->weight;
}

double metric_half_width(const struct metric_sum *sum)
{
    if (sum->n < 2)
        return NAN;
    double mean = metric_mean(sum), n = (double)sum->n;
    double squares = sum->value_value - 2 * mean * sum->value_weight + mean * mean * sum->weight_weight;
    return 1.959963984540054 * sqrt(fmax(squares, 0) * n / (n - 1)) / sum->weight;
}
