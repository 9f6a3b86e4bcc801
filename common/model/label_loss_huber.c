// Huber's loss: e^2 / 2 where the error e is at most delta, delta (|e| - delta / 2) where it is more.
#include <math.h>

#include "common/model/label_loss.h"

enum { DELTA };

static const struct kind_arg args[] = {
    {"delta", KIND_REAL, 1, 1e-6, 1e6, "the error up to which it is squared"},
    {0},
};

static double run(const struct label_rows *rows)
{
    float delta = (float)rows->args[DELTA];
    double sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        float w = rows->weight != NULL ? rows->weight[i] : 1, off = rows->prediction[i] - rows->label[i];
        bool near = fabsf(off) <= delta;
        sum += (double)(w * (near ? off * off / 2 : delta * (fabsf(off) - delta / 2)));
        rows->d[i] = w * (near ? off : copysignf(delta, off));
    }
    return sum;
}

const struct label_loss_kind label_loss_huber = {
    .name = "huber", .help = "squared error, absolute where it is large", .args = args, .run = run,
};
