// Sums are of doubles: a sum of a million floats would lose what the removal of accidental hits needs (model/loss_softmax.c).
#include "common/math/softmax.h"

#include <math.h>

#include "common/math/simd_exp.h"

MULTI_ARCH static float softmax_max_fast(const float *scores, const float *bias, size_t n)
{
    lanes best = {0}, x, b;
    best = best - INFINITY;
    for (size_t i = 0; i < n; i += LANES) {
        load(&x, scores + i);
        load(&b, bias + i);
        x += b;
        lanes_int higher = x > best;
        blend(&best, &higher, &x);
    }
    float max = best[0];
    for (size_t i = 1; i < LANES; i++)
        max = best[i] > max ? best[i] : max;
    return max;
}

MULTI_ARCH static double softmax_exp_fast(float *scores, const float *bias, float max, size_t n)
{
    typedef float half __attribute__((vector_size(32)));
    lanes_double sums[2] = {{0}, {0}};
    for (size_t i = 0; i < n; i += LANES) {
        lanes e, b;
        half parts[2];
        load(&e, scores + i);
        load(&b, bias + i);
        e = e + b - max;
        exp_lanes(&e);
        memcpy(scores + i, &e, sizeof e);
        memcpy(parts, &e, sizeof e);
        sums[0] += __builtin_convertvector(parts[0], lanes_double);
        sums[1] += __builtin_convertvector(parts[1], lanes_double);
    }
    sums[0] += sums[1];
    double sum = 0;
    for (size_t i = 0; i < 8; i++)
        sum += sums[0][i];
    return sum;
}

MULTI_ARCH static void softmax_scale_fast(float *scores, float by, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        lanes x;
        load(&x, scores + i);
        x *= by;
        memcpy(scores + i, &x, sizeof x);
    }
}

float softmax_max(const float *scores, const float *bias, size_t n)
{
    return softmax_max_fast(scores, bias, n);
}

double softmax_exp(float *scores, const float *bias, float max, size_t n)
{
    return softmax_exp_fast(scores, bias, max, n);
}

void softmax_scale(float *scores, float by, size_t n)
{
    softmax_scale_fast(scores, by, n);
}
