// Expected calibration error: over ten bins of the probability, the difference of mean probability and mean label, weighted by the rows
// (Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).
#include "common/metric/prediction.h"

enum { BINS = 10 };

// A query's share is the sum of probability less label over its rows, with the sign that this has in the row's bin; the interval takes the signs
// as given.
static struct metric_sum whole(const struct prediction_rows *all, const size_t *begins, size_t n_queries)
{
    struct prediction_bin bins[BINS];
    struct metric_sum sum = {0};
    prediction_bins(all, 0, 1, bins, BINS);
    for (size_t q = 0; q < n_queries; q++) {
        double value = 0, weight = 0;
        for (size_t i = begins[q]; i < begins[q + 1]; i++) {
            const struct prediction_bin *bin = &bins[prediction_bin_of(all->scores[i], 0, 1, BINS)];
            value += all->weights[i] * (all->scores[i] - all->labels[i]) * (bin->score < bin->label ? -1 : 1);
            weight += all->weights[i];
        }
        metric_add(&sum, value, weight);
    }
    return sum;
}

const struct prediction_kind prediction_calibration = {
    .name = "calibration", .meaning = "difference of probability and share of labels, mean over ten bins",
    .binary = true, .lesser = true, .whole = whole,
};
