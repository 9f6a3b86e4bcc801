// Expected calibration error: over ten bins of the probability, the difference of mean probability and mean label, weighted by the rows
// (Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).
#include "common/metric/prediction.h"

#include <math.h>

enum { BINS = 10 };

static double whole(const struct prediction_rows *all)
{
    struct prediction_bin bins[BINS];
    double sum = 0, weight = 0;
    prediction_bins(all, 0, 1, bins, BINS);
    for (size_t i = 0; i < BINS; i++) {
        sum += fabs(bins[i].score - bins[i].label);
        weight += bins[i].weight;
    }
    return weight > 0 ? sum / weight : NAN;
}

const struct prediction_kind prediction_calibration = {
    .name = "calibration", .meaning = "difference of probability and share of labels, mean over ten bins", .binary = true, .lesser = true, .whole = whole,
};
