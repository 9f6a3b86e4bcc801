// Squared error: (x - y)^2.
#include "common/model/label_loss.h"

static const struct kind_arg args[] = {{0}};

static double run(const struct label_rows *rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        float w = rows->weight != NULL ? rows->weight[i] : 1, off = rows->prediction[i] - rows->label[i];
        sum += (double)(w * off * off);
        rows->d[i] = 2 * w * off;
    }
    return sum;
}

const struct label_loss_kind label_loss_mse = {.name = "mse", .help = "squared error", .args = args, .run = run};
