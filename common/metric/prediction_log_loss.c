// Log-loss: -y ln p - (1 - y) ln(1 - p), p kept within 1e-7 and 1 - 1e-7, as Keras has it.
#include "common/metric/prediction.h"

#include <math.h>

static void measure(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    (void)k;
    *value = *weight = 0;
    for (size_t i = 0; i < query->n; i++) {
        double p = fmin(fmax(query->scores[i], 1e-7), 1 - 1e-7), y = query->labels[i];
        *value -= query->weights[i] * (y * log(p) + (1 - y) * log(1 - p));
        *weight += query->weights[i];
    }
}

const struct prediction_kind prediction_log_loss = {
    .name = "log_loss", .meaning = "mean of -ln of the probability given to the label", .binary = true, .lesser = true, .measure = measure,
};
