// Binary cross-entropy of logits x: max(x, 0) - x y + ln(1 + e^-|x|), which neither overflows nor cancels. The probability is sigmoid(x).
#include <math.h>

#include "common/model/label_loss.h"

enum { SMOOTHING };

static const struct kind_arg args[] = {
    {"label_smoothing", KIND_REAL, 0, 0, 1, "labels are drawn so far towards one half"},
    {0},
};

static double run(const struct label_rows *rows)
{
    float smoothing = (float)rows->args[SMOOTHING];
    double sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        float w = rows->weight != NULL ? rows->weight[i] : 1, x = rows->prediction[i];
        float y = rows->label[i] * (1 - smoothing) + smoothing / 2, small = expf(-fabsf(x));
        sum += (double)(w * (fmaxf(x, 0) - x * y + log1pf(small)));
        rows->d[i] = w * ((x >= 0 ? 1 / (1 + small) : small / (1 + small)) - y);
    }
    return sum;
}

const struct label_loss_kind label_loss_bce = {
    .name = "bce", .help = "binary cross-entropy of logits", .args = args, .labels = "0 to 1", .low = 0, .high = 1, .run = run,
};
