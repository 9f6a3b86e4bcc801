#include "common/metric/prediction.h"

#include <math.h>
#include <string.h>

const struct prediction_kind *const prediction_kinds[] = {
    &prediction_rmse, &prediction_mae, &prediction_log_loss, &prediction_accuracy, &prediction_auc, &prediction_grouped_auc,
    &prediction_calibration, &prediction_ndcg, NULL,
};

void prediction_bins(const struct prediction_rows *rows, double low, double high, struct prediction_bin *bins, size_t n_bins)
{
    memset(bins, 0, n_bins * sizeof *bins);
    for (size_t i = 0; i < rows->n; i++) {
        double at = high > low ? floor((rows->scores[i] - low) / (high - low) * (double)n_bins) : 0;
        size_t bin = at < 0 ? 0 : at >= (double)n_bins ? n_bins - 1 : (size_t)at;
        bins[bin].n++;
        bins[bin].weight += rows->weights[i];
        bins[bin].score += rows->weights[i] * rows->scores[i];
        bins[bin].label += rows->weights[i] * rows->labels[i];
    }
}
