// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln 2 / 2: k comes out of an addition of 1.5 * 2^23, r in two steps so that k ln 2 is
// exact, exp(r) from a polynomial of degree 6 (Cephes' expf), 2^k from shifting k into the exponent. Sums are of doubles:
// a sum of a million floats would lose what the removal of accidental hits needs (loss_softmax.c).
#include "common/math/softmax.h"

#include <math.h>

#include "common/math/simd.h"

// Vectors go by address: by value they would need one calling convention for every instruction set.
SIMD_INLINE void load(lanes *v, const float *p)
{
    memcpy(v, p, sizeof *v);
}

// Puts `other` where the mask is set.
SIMD_INLINE void blend(lanes *v, const lanes_int *mask, const lanes *other)
{
    *v = (lanes)(((lanes_int)*other & *mask) | ((lanes_int)*v & ~*mask));
}

// x <= 0 or NaN.
SIMD_INLINE void exp_lanes(lanes *x)
{
    const float magic = 12582912.0f;
    const lanes zero = {0}, low = zero - 87.0f;
    lanes_int tiny = *x < low;
    blend(x, &tiny, &low);
    lanes shifted = *x * 1.44269504f + magic;
    lanes k = shifted - magic;
    lanes r = *x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    *x = p * (lanes)(((lanes_int)shifted - 0x4b400000 + 127) << 23);
    blend(x, &tiny, &zero);
}

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
