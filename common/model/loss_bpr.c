// Bayesian personalised ranking (Rendle et al. 2009): the positive should score above a negative,
//
//     loss of an example = mean over its negatives of log(1 + exp(s_negative - s_positive))
#include "common/math/pairwise.h"
#include "common/model/loss_pairwise.h"

static const struct kind_arg args[] = {
    {"temperature", KIND_REAL, 1, 1e-6, 1e6, "scores are divided by it"},
    {0},
};

static double compare(const struct loss_tiles *t, const struct loss_row *row, size_t k, const float *scores, const float *times, size_t n,
                      float by, float *d, double *pull)
{
    (void)t;
    return pairwise_logistic(scores, times, n, row->score[k], by, d, pull);
}

static double run_row(const struct loss_tiles *t, struct loss_row *row)
{
    return loss_pairwise(t, row, compare);
}

const struct loss_kind loss_bpr = {
    .name = "bpr", .help = "log(1 + exp(negative - positive)), the mean over the negatives", .args = args, .negatives = "uniform(64)",
    .row = run_row,
};
