// The listwise softmax (Cao et al. 2007, with labels as shares): the sum over a list of y_i (ln(sum of e^x) - x_i). A list weighs the mean of its
// rows' weights.
#include <math.h>

#include "common/model/label_loss.h"

static const struct kind_arg args[] = {{0}};

static double run(const struct label_rows *rows)
{
    double sum = 0, labels = 0, weight = label_rows_weight(rows), greatest = -INFINITY, loss = 0;
    for (size_t i = 0; i < rows->n; i++)
        greatest = fmax(greatest, (double)rows->prediction[i]);
    for (size_t i = 0; i < rows->n; i++) {
        sum += exp((double)rows->prediction[i] - greatest);
        labels += (double)rows->label[i];
    }
    for (size_t i = 0; i < rows->n; i++) {
        double x = (double)rows->prediction[i] - greatest, y = (double)rows->label[i];
        loss += y * (log(sum) - x);
        rows->d[i] = (float)(weight * (labels * exp(x) / sum - y));
    }
    return weight * loss;
}

const struct label_loss_kind label_loss_softmax = {
    .name = "softmax", .help = "softmax over a list, with labels as shares", .args = args, .of_lists = true, .by_list = true, .labels = "0 or more",
    .low = 0, .high = INFINITY, .run = run,
};
