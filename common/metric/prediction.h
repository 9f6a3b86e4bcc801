// How good predicted labels are: pure functions of one query's rows, and means over queries with their intervals.
//
//     struct prediction_rows rows = {labels, scores, weights, n};             // of one query, or of all
//     double value, weight;
//     prediction_rmse.measure(&rows, 0, &value, &weight);                     // its share of the mean
//     struct metric_sum sum = prediction_sum(&prediction_auc, &all, begins, n_queries, 0);      // of all queries: metric_mean, metric_half_width
//
// A metric is one file and one row of `prediction_kinds`. Rows that a kind cannot judge have no weight.
#ifndef METRIC_PREDICTION_H
#define METRIC_PREDICTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/metric/metric.h"

struct prediction_rows {
    const double *labels, *scores, *weights;   // (n) finite; weights not negative
    size_t n;
};

struct prediction_kind {
    const char *name, *meaning;
    bool binary;      // of classifications: labels from 0 to 1, scores are probabilities
    bool regression;  // of regressions only
    bool at_k;        // of the first k by score; k = 0: of all
    bool lesser;      // less is better
    bool root;        // the figure is the root of the mean
    // One query's share of the mean, as in metric.h; NULL if it depends on other queries' rows.
    void (*measure)(const struct prediction_rows *query, size_t k, double *value, double *weight);
    // Then this: all queries' shares, as prediction_sum has them.
    struct metric_sum (*whole)(const struct prediction_rows *all, const size_t *begins, size_t n_queries);
};

extern const struct prediction_kind *const prediction_kinds[];  // ends in NULL
extern const struct prediction_kind prediction_rmse, prediction_mae, prediction_log_loss, prediction_accuracy, prediction_auc,
    prediction_grouped_auc, prediction_calibration, prediction_ndcg;

// What the queries' shares come to: metric_mean is the figure, or its root; NaN if there is none.
//   begins  (n_queries + 1) where the rows of each query begin among all
struct metric_sum prediction_sum(const struct prediction_kind *kind, const struct prediction_rows *all, const size_t *begins, size_t n_queries,
                                 size_t k);

// The area under the ROC curve: how often a row with a label above 0.5 has a greater score than one without, ties half. NaN if
// either is missing.
double prediction_area(const struct prediction_rows *rows);

// Scores and labels by bins of equal width of the scores from low to high; what lies outside is in the first or last.
struct prediction_bin {
    size_t n;
    double weight, score, label;   // sums, the latter two weighted
};

// The bin that a score is in.
size_t prediction_bin_of(double score, double low, double high, size_t n_bins);

//   bins  (n_bins) out
void prediction_bins(const struct prediction_rows *rows, double low, double high, struct prediction_bin *bins, size_t n_bins);

#endif
