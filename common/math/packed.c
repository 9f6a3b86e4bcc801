#include "common/math/packed.h"

#include <math.h>
#include <string.h>

#include "common/math/simd.h"

enum { BITS = 23, EXPONENT_MIN = -120 };

static float highest(const float *x, size_t n)
{
    float high = 0;
    for (size_t i = 0; i < n; i++)
        high = fabsf(x[i]) > high ? fabsf(x[i]) : high;
    return high;
}

void packed_encode(const float *vectors, size_t rows, size_t dim, uint8_t *packed, float *scales)
{
    for (size_t r = 0; r < rows; r++, vectors += dim, packed += PACKED_BYTES * dim) {
        int exponent;
        frexpf(highest(vectors, dim), &exponent);
        if (exponent < EXPONENT_MIN)
            exponent = EXPONENT_MIN;
        scales[r] = ldexpf(1, exponent - BITS);
        double by = ldexp(1, BITS - exponent);
        for (size_t i = 0; i < dim; i++) {
            double m = rint((double)vectors[i] * by), most = (1 << BITS) - 1;
            int32_t whole = (int32_t)(m > most ? most : m < -most ? -most : m);
            int16_t high = (int16_t)(whole >> 8);
            memcpy(packed + sizeof high * i, &high, sizeof high);
            packed[sizeof high * dim + i] = (uint8_t)whole;
        }
    }
}

static int32_t whole_at(const uint8_t *row, size_t i, size_t dim)
{
    int16_t high;
    memcpy(&high, row + sizeof high * i, sizeof high);
    return high * 256 + row[sizeof high * dim + i];
}

void packed_decode(const uint8_t *packed, const float *scales, size_t rows, size_t dim, float *vectors)
{
    for (size_t r = 0; r < rows; r++, vectors += dim, packed += PACKED_BYTES * dim)
        for (size_t i = 0; i < dim; i++)
            vectors[i] = (float)whole_at(packed, i, dim) * scales[r];
}

MULTI_ARCH static float packed_dot_fast(const float *restrict query, const uint8_t *restrict row, float scale, size_t dim)
{
    float sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= dim; i += LANES) {
        int16_t high[LANES];
        memcpy(high, row + sizeof *high * i, sizeof high);
        for (size_t j = 0; j < LANES; j++)
            sums[j] += query[i + j] * ((float)(high[j] * 256 + row[sizeof *high * dim + i + j]) * scale);
    }
    for (; i < dim; i++)
        sum += query[i] * ((float)whole_at(row, i, dim) * scale);
    for (size_t j = 0; j < LANES; j++)
        sum += sums[j];
    return sum;
}

float packed_dot(const float *query, const uint8_t *row, float scale, size_t dim)
{
    return packed_dot_fast(query, row, scale, dim);
}

float packed_near(const float *query, const uint8_t *row, float scale, size_t dim, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        double away = (double)query[i] - (double)((float)whole_at(row, i, dim) * scale);
        square += away * away;
    }
    return (float)-square + 0.0f;
}
