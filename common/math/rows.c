#include "common/math/rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "common/math/simd.h"

SIMD_INLINE float dot(const float *a, const float *b, size_t dim)
{
    float sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= dim; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            sums[j] += a[i + j] * b[i + j];
    for (; i < dim; i++)
        sum += a[i] * b[i];
    for (size_t j = 0; j < LANES; j++)
        sum += sums[j];
    return sum;
}

// 1 / |x|, or 0 for zeros. Squares of numbers below 1e-19 vanish, so such rows count as zeros; a length whose square is no
// float gives NaN, which ends training, and not zeros, which would hide it.
SIMD_INLINE float inverse_length(const float *x, size_t dim)
{
    float squares = dot(x, x, dim);
    return squares == 0 ? 0 : squares <= FLT_MAX ? 1 / sqrtf(squares) : NAN;
}

MULTI_ARCH static void rows_normalize_fast(const float *x, size_t n, size_t dim, float *y)
{
    for (size_t i = 0; i < n; i++, x += dim, y += dim) {
        float by = inverse_length(x, dim);
        for (size_t j = 0; j < dim; j++)
            y[j] = x[j] * by;
    }
}

MULTI_ARCH static void rows_normalize_back_fast(const float *x, const float *y, const float *d_y, size_t n, size_t dim, float *d_x)
{
    for (size_t i = 0; i < n; i++, x += dim, y += dim, d_y += dim, d_x += dim) {
        float by = inverse_length(x, dim), along = dot(y, d_y, dim);
        for (size_t j = 0; j < dim; j++)
            d_x[j] = (d_y[j] - y[j] * along) * by;
    }
}

MULTI_ARCH static void rows_sum_fast(const float *restrict x, size_t rows, size_t n, float *restrict sum)
{
    for (size_t r = 0; r < rows; r++, x += n)
        BLOCKS(sum[j] += x[j];);
}

MULTI_ARCH static float rows_dot_fast(const float *a, const float *b, size_t dim)
{
    return dot(a, b, dim);
}

float rows_dot(const float *a, const float *b, size_t dim)
{
    return rows_dot_fast(a, b, dim);
}

void rows_normalize(const float *x, size_t n, size_t dim, float *y)
{
    rows_normalize_fast(x, n, dim, y);
}

void rows_normalize_back(const float *x, const float *y, const float *d_y, size_t n, size_t dim, float *d_x)
{
    rows_normalize_back_fast(x, y, d_y, n, dim, d_x);
}

void rows_repeat(const float *row, size_t n, size_t dim, float *y)
{
    for (size_t i = 0; i < n; i++)
        memcpy(y + i * dim, row, dim * sizeof *y);
}

void rows_sum(const float *x, size_t n, size_t dim, float *sum)
{
    rows_sum_fast(x, n, dim, sum);
}

static double mean_of(const float *x, size_t dim)
{
    double sum = 0;
    for (size_t j = 0; j < dim; j++)
        sum += (double)x[j];
    return sum / (double)dim;
}

// 1 / sqrt(v + epsilon)
static double inverse_deviation(const float *x, size_t dim, double mean, double epsilon)
{
    double squares = 0;
    for (size_t j = 0; j < dim; j++)
        squares += ((double)x[j] - mean) * ((double)x[j] - mean);
    return 1 / sqrt(squares / (double)dim + epsilon);
}

void rows_standardize(const float *x, size_t n, size_t dim, const float *gamma, const float *beta, float epsilon, float *y)
{
    for (size_t i = 0; i < n; i++, x += dim, y += dim) {
        double mean = mean_of(x, dim), by = inverse_deviation(x, dim, mean, (double)epsilon);
        for (size_t j = 0; j < dim; j++)
            y[j] = gamma[j] * (float)(((double)x[j] - mean) * by) + beta[j];
    }
}

void rows_standardize_back(const float *x, const float *d_y, size_t n, size_t dim, const float *gamma, float epsilon, float *d_x,
                           float *d_gamma, float *d_beta)
{
    for (size_t i = 0; i < n; i++, x += dim, d_y += dim, d_x += dim) {
        double mean = mean_of(x, dim), by = inverse_deviation(x, dim, mean, (double)epsilon), sum = 0, along = 0;
        for (size_t j = 0; j < dim; j++) {
            double z = ((double)x[j] - mean) * by, d = (double)(d_y[j] * gamma[j]);
            sum += d;
            along += d * z;
            d_gamma[j] += d_y[j] * (float)z;
            d_beta[j] += d_y[j];
        }
        for (size_t j = 0; j < dim; j++) {
            double z = ((double)x[j] - mean) * by;
            d_x[j] = (float)(by * ((double)(d_y[j] * gamma[j]) - (sum + z * along) / (double)dim));
        }
    }
}
