// Accuracy: the rows whose probability and label are on the same side of 0.5.
#include "common/metric/prediction.h"

static void measure(const struct prediction_rows *query, size_t k, double *value, double *weight)
{
    (void)k;
    *value = *weight = 0;
    for (size_t i = 0; i < query->n; i++) {
        *value += (query->scores[i] > 0.5) == (query->labels[i] > 0.5) ? query->weights[i] : 0;
        *weight += query->weights[i];
    }
}

const struct prediction_kind prediction_accuracy = {
    .name = "accuracy", .meaning = "rows whose probability and label are on the same side of 0.5", .binary = true, .measure = measure,
};
