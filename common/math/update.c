#include "common/math/update.h"

#include <math.h>

#include "common/math/simd.h"

MULTI_ARCH static void update_adagrad_fast(float *restrict value, float *restrict accumulator, const float *restrict d, size_t n, float lr,
                                           float epsilon)
{
    BLOCKS(
        accumulator[j] += d[j] * d[j];
        value[j] -= lr * d[j] / sqrtf(accumulator[j] + epsilon);
    );
}

MULTI_ARCH static void update_add_fast(float *restrict value, const float *restrict d, size_t n, float by)
{
    BLOCKS(value[j] += by * d[j];);
}

MULTI_ARCH static void update_scale_fast(float *value, size_t n, float by)
{
    BLOCKS(value[j] *= by;);
}

MULTI_ARCH static void update_add_squares_fast(float *restrict v, const float *restrict d, size_t n, float by)
{
    BLOCKS(v[j] += by * (d[j] * d[j]););
}

MULTI_ARCH static void update_adam_fast(float *restrict value, float *restrict m, float *restrict v, const float *restrict d, size_t n,
                                        const struct adam *adam)
{
    float b1 = (float)adam->beta_1, b2 = (float)adam->beta_2, c1 = (float)(1 - adam->beta_1), c2 = (float)(1 - adam->beta_2);
    float alpha = (float)adam->alpha, epsilon = (float)adam->epsilon;
    if (d == NULL)
        BLOCKS(
            m[j] *= b1;
            v[j] *= b2;
            value[j] -= alpha * m[j] / (sqrtf(v[j]) + epsilon);
        );
    else
        BLOCKS(
            m[j] = b1 * m[j] + c1 * d[j];
            v[j] = b2 * v[j] + c2 * (d[j] * d[j]);
            value[j] -= alpha * m[j] / (sqrtf(v[j]) + epsilon);
        );
}

MULTI_ARCH static bool update_finite_fast(const float *value, size_t n)
{
    // x * 0 is NaN where x is not finite, and a NaN stays one in any sum.
    float zero[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            zero[j] += value[i + j] * 0;
    for (; i < n; i++)
        zero[0] += value[i] * 0;
    for (size_t j = 1; j < LANES; j++)
        zero[0] += zero[j];
    return zero[0] == 0;
}

MULTI_ARCH static bool update_negative_fast(const float *value, size_t n)
{
    float least[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            least[j] = value[i + j] < least[j] ? value[i + j] : least[j];
    for (; i < n; i++)
        least[0] = value[i] < least[0] ? value[i] : least[0];
    for (size_t j = 1; j < LANES; j++)
        least[0] = least[j] < least[0] ? least[j] : least[0];
    return least[0] < 0;
}

void update_adagrad(float *restrict value, float *restrict accumulator, const float *restrict d, size_t n, float lr, float epsilon)
{
    update_adagrad_fast(value, accumulator, d, n, lr, epsilon);
}

void update_add(float *restrict value, const float *restrict d, size_t n, float by)
{
    update_add_fast(value, d, n, by);
}

void update_scale(float *value, size_t n, float by)
{
    update_scale_fast(value, n, by);
}

void update_add_squares(float *restrict v, const float *restrict d, size_t n, float by)
{
    update_add_squares_fast(v, d, n, by);
}

void update_adam(float *restrict value, float *restrict m, float *restrict v, const float *restrict d, size_t n, const struct adam *adam)
{
    update_adam_fast(value, m, v, d, n, adam);
}

bool update_finite(const float *value, size_t n)
{
    return update_finite_fast(value, n);
}

bool update_negative(const float *value, size_t n)
{
    return update_negative_fast(value, n);
}
