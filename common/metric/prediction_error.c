// Root mean squared error, and mean absolute error.
#include "common/metric/prediction.h"

#include <math.h>

static void measure_squared(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    (void)k;
    *value = *weight = 0;
    for (size_t i = 0; i < query->n; i++) {
        double error = query->scores[i] - query->labels[i];
        *value += query->weights[i] * error * error;
        *weight += query->weights[i];
    }
}

static void measure_absolute(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    (void)k;
    *value = *weight = 0;
    for (size_t i = 0; i < query->n; i++) {
        *value += query->weights[i] * fabs(query->scores[i] - query->labels[i]);
        *weight += query->weights[i];
    }
}

const struct prediction_kind prediction_rmse = {
    .name = "rmse", .meaning = "root of the mean squared difference of prediction and label",
    .lesser = true, .root = true, .regression = true, .measure = measure_squared,
};
const struct prediction_kind prediction_mae = {
    .name = "mae", .meaning = "mean absolute difference of prediction and label", .lesser = true, .regression = true, .measure = measure_absolute,
};
