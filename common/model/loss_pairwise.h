// What losses have in common that compare the positive with each negative and take the mean.
#ifndef MODEL_LOSS_PAIRWISE_H
#define MODEL_LOSS_PAIRWISE_H

#include "common/model/loss_row.h"

// Positive k against n negatives (whole lanes): returns the sum of times * loss; adds by * times * its derivative to d; what the
// positive gets with the other sign goes to *pull. (common/math/pairwise.h has such sums.)
typedef double loss_compare(const struct loss_tiles *t, const struct loss_row *row, size_t k, const float *scores, const float *times,
                            size_t n, float by, float *d, double *pull);

// The weighted sum over the row's positives of the mean over their negatives; writes the gradients. A positive without negatives has none.
double loss_pairwise(const struct loss_tiles *t, struct loss_row *row, loss_compare *compare);

#endif
