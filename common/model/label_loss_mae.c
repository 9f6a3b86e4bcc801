// Absolute error: |x - y|. Its gradient where they are equal is 0, as in TensorFlow.
#include <math.h>

#include "common/model/label_loss.h"

static const struct kind_arg args[] = {{0}};

static double run(const struct label_rows *rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        float w = rows->weight != NULL ? rows->weight[i] : 1, off = rows->prediction[i] - rows->label[i];
        sum += (double)(w * fabsf(off));
        rows->d[i] = w * (float)((off > 0) - (off < 0));
    }
    return sum;
}

const struct label_loss_kind label_loss_mae = {.name = "mae", .help = "absolute error", .args = args, .run = run};
