// The hinge: loss of an example = mean over its negatives of max(0, margin - s_positive + s_negative)
#include "common/math/pairwise.h"
#include "common/model/loss_pairwise.h"

static const struct kind_arg args[] = {
    {"margin", KIND_REAL, 1, 0, 1e6, "by how much a positive should score above a negative"},
    {0},
};

static double compare(const struct loss_tiles *t, const struct loss_row *row, size_t k, const float *scores, const float *times, size_t n,
                      float by, float *d, double *pull)
{
    return pairwise_hinge(scores, times, n, row->score[k] - (float)t->loss->args[0], by, d, pull);
}

static double run_row(const struct loss_tiles *t, struct loss_row *row)
{
    return loss_pairwise(t, row, compare);
}

const struct loss_kind loss_hinge = {
    .name = "hinge", .help = "max(0, margin - positive + negative), the mean over the negatives", .args = args, .negatives = "uniform(64)",
    .row = run_row,
};
