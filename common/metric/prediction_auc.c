// Area under the ROC curve, over all rows, and the mean of each query's own, weighted by its rows (Zhu et al., "Optimized Cost per Click in
// Taobao Display Advertising", KDD 2017): the first also rewards knowing which queries say yes more often, the second does not.
//
// The interval of the first is that of DeLong, DeLong and Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver Operating
// Characteristic Curves", Biometrics 1988, with rows gathered by query (Obuchowski, "Nonparametric Analysis of Clustered ROC Curve Data", Biometrics
// 1997): a row's component is how often it is on the right side of rows with the other label, and a query moves the area by the sum, over its rows,
// of the component less the area, by the row's share of the weight of its label.
#include "common/metric/prediction.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"

struct scored {
    double score, weight;
    uint32_t row;
    bool positive;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return x->score < y->score ? -1 : x->score > y->score;
}

// How much weight the rows of either label have.
struct classes {
    double yes, no;
};

static struct classes sort_by_score(const struct prediction_rows *rows, struct scored *sorted)
{
    struct classes all = {0};
    for (size_t i = 0; i < rows->n; i++) {
        sorted[i] = (struct scored){rows->scores[i], rows->weights[i], (uint32_t)i, rows->labels[i] > 0.5};
        *(sorted[i].positive ? &all.yes : &all.no) += rows->weights[i];
    }
    qsort(sorted, rows->n, sizeof *sorted, by_score);
    return all;
}

// The area.
//   components  (n) out: how much of the weight of the other label a row is on the right side of, ties half. NaN if there is none
static double compare(const struct prediction_rows *rows, double *components, struct classes *all)
{
    struct scored *sorted = memory_zeros(rows->n, sizeof *sorted);
    struct classes below = {0};
    double area = 0;
    *all = sort_by_score(rows, sorted);
    for (size_t i = 0, end; i < rows->n; i = end) {
        struct classes level = {0};
        for (end = i; end < rows->n && sorted[end].score == sorted[i].score; end++)
            *(sorted[end].positive ? &level.yes : &level.no) += sorted[end].weight;
        for (size_t j = i; j < end; j++)
            components[sorted[j].row] = sorted[j].positive ? (below.no + level.no / 2) / all->no : (all->yes - below.yes - level.yes / 2) / all->yes;
        area += level.yes * (below.no + level.no / 2);
        below.yes += level.yes;
        below.no += level.no;
    }
    free(sorted);
    return all->yes > 0 && all->no > 0 ? area / (all->yes * all->no) : NAN;
}

double prediction_area(const struct prediction_rows *rows)
{
    struct classes all;
    double *components = memory_zeros(rows->n, sizeof *components), area = compare(rows, components, &all);
    free(components);
    return area;
}

// A query's share is the area and, times their number, what it moves it by: the mean is the area, and the interval that of the moves.
static struct metric_sum whole(const struct prediction_rows *rows, const size_t *begins, size_t n_queries)
{
    struct metric_sum sum = {0};
    struct classes all;
    double *components = memory_zeros(rows->n, sizeof *components), area = compare(rows, components, &all);
    for (size_t q = 0; q < n_queries && !isnan(area); q++) {
        double moves = 0;
        for (size_t i = begins[q]; i < begins[q + 1]; i++)
            moves += rows->weights[i] * (components[i] - area) / (rows->labels[i] > 0.5 ? all.yes : all.no);
        metric_add(&sum, area + (double)n_queries * moves, 1);
    }
    free(components);
    return sum;
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
    .name = "auc", .meaning = "how often a row with the label is above one without, over all rows", .binary = true, .whole = whole,
};
const struct prediction_kind prediction_grouped_auc = {
    .name = "grouped_auc", .meaning = "the same within each query that has both, weighted by its rows", .binary = true, .measure = measure,
};
