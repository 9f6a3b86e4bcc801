// exp(x) of sixteen floats, for the kernels that are built for several instruction sets (simd.h).
//
// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln 2 / 2: k comes out of an addition of 1.5 * 2^23, r in two steps so that k ln 2 is
// exact, exp(r) from a polynomial of degree 6 (Cephes' expf), 2^k from shifting k into the exponent. Relative error below 2e-7.
#ifndef MATH_SIMD_EXP_H
#define MATH_SIMD_EXP_H

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

// x <= 0 or NaN; 0 below -87.
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

#endif
