// Area under the ROC curve, over all rows, and the mean of each query's own, weighted by its rows (Zhu et al., "Optimized Cost per Click in
// Taobao Display Advertising", KDD 2017): the first also rewards knowing which queries say yes more often, the second does not.
#include "common/metric/prediction.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"

struct scored {
    double score, weight;
    bool positive;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return x->score < y->score ? -1 : x->score > y->score;
}

double prediction_area(const struct prediction_rows *rows)
{
    struct scored *sorted = memory_zeros(rows->n, sizeof *sorted);
    for (size_t i = 0; i < rows->n; i++)
        sorted[i] = (struct scored){rows->scores[i], rows->weights[i], rows->labels[i] > 0.5};
    qsort(sorted, rows->n, sizeof *sorted, by_score);
    double below = 0, positives = 0, area = 0;
    for (size_t i = 0, end; i < rows->n; i = end) {
        double yes = 0, no = 0;
        for (end = i; end < rows->n && sorted[end].score == sorted[i].score; end++)
            *(sorted[end].positive ? &yes : &no) += sorted[end].weight;
        area += yes * (below + no / 2);
        below += no;
        positives += yes;
    }
    free(sorted);
    return below > 0 && positives > 0 ? area / (below * positives) : NAN;
}

static void measure(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    (void)k;
    double area = prediction_area(query);
    *value = *weight = 0;
    for (size_t i = 0; i < query->n && !isnan(area); i++)
        *weight += query->weights[i];
    if (!isnan(area))
        *value = area * *weight;
}

const struct prediction_kind prediction_auc = {
    .name = "auc", .meaning = "how often a row with the label is above one without, over all rows", .binary = true, .whole = prediction_area,
};
const struct prediction_kind prediction_grouped_auc = {
    .name = "grouped_auc", .meaning = "the same within each query that has both, weighted by its rows", .binary = true, .measure = measure,
};
