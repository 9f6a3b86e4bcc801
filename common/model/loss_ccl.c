// The cosine contrastive loss of SimpleX (Mao et al. 2021), with scores that are cosines:
//
//     loss of an example = 1 - s_positive + negative_weight * mean over its negatives of max(0, s_negative - margin)
#include "common/math/pairwise.h"
#include "common/model/loss_pairwise.h"

enum { MARGIN, NEGATIVE_WEIGHT };

static const struct kind_arg args[] = {
    {"margin", KIND_REAL, 0.4, -1, 1, "cosines of negatives below it are good enough"},
    {"negative_weight", KIND_REAL, 150, 0, 1e6, "of the mean over the negatives, against 1 for the positive"},
    {0},
};

static double compare(const struct loss_tiles *t, const struct loss_row *row, size_t k, const float *scores, const float *times, size_t n,
                      float by, float *d, double *pull)
{
    (void)row, (void)k;
    double weight = t->loss->args[NEGATIVE_WEIGHT];
    double sum = pairwise_hinge(scores, times, n, (float)t->loss->args[MARGIN], (float)((double)by * weight), d, pull);
    *pull = 0;
    return weight * sum;
}

static double run_row(const struct loss_tiles *t, struct loss_row *row)
{
    double loss = loss_pairwise(t, row, compare);
    for (size_t k = 0; k < row->n; k++) {
        loss += row->weight[k] * (1 - (double)row->score[k]);
        row_add_positive(t, row, k, -row->weight[k]);
    }
    return loss;
}

const struct loss_kind loss_ccl = {
    .name = "ccl", .help = "SimpleX's cosine contrastive loss", .args = args, .negatives = "uniform(1000)", .cosine = true, .row = run_row,
};
