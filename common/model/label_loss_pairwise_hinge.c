// The pairwise hinge: over all pairs of a list with labels y_i > y_j, the sum of max(0, margin - (x_i - x_j)), weighted by the weight of i.
#include "common/model/label_loss.h"

enum { MARGIN };

static const struct kind_arg args[] = {
    {"margin", KIND_REAL, 1, 0, 1e6, "the distance that the higher label should have"},
    {0},
};

static double run(const struct label_rows *rows)
{
    float margin = (float)rows->args[MARGIN];
    double loss = 0;
    for (size_t i = 0; i < rows->n; i++)
        rows->d[i] = 0;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t j = 0; j < rows->n; j++) {
            float off = margin - (rows->prediction[i] - rows->prediction[j]), w = rows->weight != NULL ? rows->weight[i] : 1;
            if (!(rows->label[i] > rows->label[j]) || off <= 0)
                continue;
            loss += (double)(w * off);
            rows->d[i] -= w;
            rows->d[j] += w;
        }
    return loss;
}

const struct label_loss_kind label_loss_pairwise_hinge = {
    .name = "pairwise_hinge", .help = "hinge over the pairs of a list", .args = args, .of_lists = true, .run = run,
};
