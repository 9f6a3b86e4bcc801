// ApproxNDCG (Qin et al. 2010): minus the NDCG of a list under smoothed places, p_i = 1 + sum over j != i of sigmoid((x_j - x_i) / temperature); the
// gain of a label y is 2^y - 1, its discount at the place p 1 / log2(1 + p). The ideal order's places are whole numbers. A list without gain has the
// loss 0. A list weighs the mean of its rows' weights.
#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/model/label_loss.h"

enum { TEMPERATURE };

static const struct kind_arg args[] = {
    {"temperature", KIND_REAL, 0.1, 1e-6, 1e6, "the width of the step by which a place is smoothed"},
    {0},
};

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double ideal_of(const double *gain, size_t n, double *sorted)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sorted[i] = gain[i];
    qsort(sorted, n, sizeof *sorted, falling);
    for (size_t i = 0; i < n; i++)
        sum += sorted[i] / log2((double)i + 2);
    return sum;
}

static double run(const struct label_rows *rows)
{
    size_t n = rows->n;
    double *gain = memory_aligned(2 * n, sizeof *gain), temperature = rows->args[TEMPERATURE], weight = label_rows_weight(rows), loss = 0;
    for (size_t i = 0; i < n; i++) {
        gain[i] = exp2((double)rows->label[i]) - 1;
        rows->d[i] = 0;
    }
    double ideal = ideal_of(gain, n, gain + n);
    for (size_t i = 0; i < n && ideal > 0; i++) {
        double place = 1;
        for (size_t j = 0; j < n; j++)
            place += j != i ? sigmoid((double)(rows->prediction[j] - rows->prediction[i]) / temperature) : 0;
        double discount = log2(1 + place), d_place = gain[i] / ideal / (discount * discount * (1 + place) * log(2));
        loss -= gain[i] / ideal / discount;
        for (size_t j = 0; j < n; j++) {
            double s = j != i ? sigmoid((double)(rows->prediction[j] - rows->prediction[i]) / temperature) : 0;
            double d = weight * d_place * s * (1 - s) / temperature;
            rows->d[j] += (float)d;
            rows->d[i] -= (float)d;
        }
    }
    free(gain);
    return weight * loss;
}

const struct label_loss_kind label_loss_approx_ndcg = {
    .name = "approx_ndcg", .help = "minus the NDCG of a list with smoothed places",
    .args = args, .of_lists = true, .by_list = true, .labels = "0 to 60",
    .low = 0, .high = 60, .run = run,
};
