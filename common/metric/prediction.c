#include "common/metric/prediction.h"

#include <math.h>
#include <string.h>

const struct prediction_kind *const prediction_kinds[] = {
    &prediction_rmse, &prediction_mae, &prediction_log_loss, &prediction_accuracy, &prediction_auc, &prediction_grouped_auc,
    &prediction_calibration, &prediction_ndcg, NULL,
};

struct metric_sum prediction_sum(const struct prediction_kind *kind, const struct prediction_rows *all, const size_t *begins, size_t n_queries,
                                 size_t k)
{
    if (kind->whole != NULL)
        return kind->whole(all, begins, n_queries);
    struct metric_sum sum = {0};
    for (size_t q = 0; q < n_queries; q++) {
        const struct prediction_rows query = {all->labels + begins[q], all->scores + begins[q], all->weights + begins[q], begins[q + 1] - begins[q]};
        double value, weight;
        kind->measure(&query, k, &value, &weight);
        metric_add(&sum, value, weight);
    }
    return sum;
}

size_t prediction_bin_of(double score, double low, double high, size_t n_bins)
{
    double at = high > low ? floor((score - low) / (high - low) * (double)n_bins) : 0;
    return at < 0 ? 0 : at >= (double)n_bins ? n_bins - 1 : (size_t)at;
}

void prediction_bins(const struct prediction_rows *rows, double low, double high, struct prediction_bin *bins, size_t n_bins)
{
    memset(bins, 0, n_bins * sizeof *bins);
    for (size_t i = 0; i < rows->n; i++) {
        size_t bin = prediction_bin_of(rows->scores[i], low, high, n_bins);
        bins[bin].n++;
        bins[bin].weight += rows->weights[i];
        bins[bin].score += rows->weights[i] * rows->scores[i];
        bins[bin].label += rows->weights[i] * rows->labels[i];
    }
}
