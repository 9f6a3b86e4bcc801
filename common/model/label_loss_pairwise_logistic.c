// The pairwise logistic loss of RankNet (Burges et al. 2005): over all pairs of a list with labels y_i > y_j, the sum of ln(1 + e^-(x_i - x_j)),
// weighted by the weight of i.
#include <math.h>

#include "common/model/label_loss.h"

static const struct kind_arg args[] = {{0}};

static double run(const struct label_rows *rows)
{
    double loss = 0;
    for (size_t i = 0; i < rows->n; i++)
        rows->d[i] = 0;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t j = 0; j < rows->n; j++) {
            if (!(rows->label[i] > rows->label[j]))
                continue;
            float off = rows->prediction[j] - rows->prediction[i], w = rows->weight != NULL ? rows->weight[i] : 1, small = expf(-fabsf(off));
            loss += (double)(w * (fmaxf(off, 0) + log1pf(small)));
            float d = w * (off >= 0 ? 1 : small) / (1 + small);
            rows->d[i] -= d;
            rows->d[j] += d;
        }
    return loss;
}

const struct label_loss_kind label_loss_pairwise_logistic = {
    .name = "pairwise_logistic", .help = "logistic loss over the pairs of a list, as RankNet", .args = args, .of_lists = true, .run = run,
};
