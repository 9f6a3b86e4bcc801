// log(1 + exp(x)) = max(x, 0) + log(y), y = 1 + exp(-|x|) in [1, 2], and log(y) = 2 (t + t^3 / 3 + t^5 / 5 + ...), t = (y - 1) / (y + 1) <= 1/3:
// what is left out after t^11 is below 1e-7.
#include "common/math/pairwise.h"

#include <math.h>

#include "common/math/simd_exp.h"

SIMD_INLINE void add_lanes(double *sum, const lanes *x)
{
    for (size_t i = 0; i < LANES; i++)
        sum[i] += (double)(*x)[i];
}

SIMD_INLINE double sum_lanes(const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < LANES; i++)
        sum += x[i];
    return sum;
}

MULTI_ARCH static double pairwise_logistic_fast(const float *scores, const float *times, size_t n, float positive, float by, float *d,
                                                double *pull)
{
    double losses[LANES] = {0}, pulls[LANES] = {0};
    const lanes zero = {0}, one = zero + 1.0f;
    for (size_t i = 0; i < n; i += LANES) {
        lanes x, m, before;
        load(&x, scores + i);
        load(&m, times + i);
        load(&before, d + i);
        x -= positive;
        lanes_int above = x > zero;
        lanes part = zero, e = x, minus = -x;
        blend(&part, &above, &x);       // max(x, 0)
        blend(&e, &above, &minus);      // -|x|, NaN stays
        exp_lanes(&e);
        lanes t = e / (e + 2.0f), square = t * t;
        lanes series = square * (1.0f / 11) + 1.0f / 9;
        series = series * square + 1.0f / 7;
        series = series * square + 1.0f / 5;
        series = series * square + 1.0f / 3;
        series = series * square + 1.0f;
        part += 2.0f * t * series;
        lanes slope = e;
        blend(&slope, &above, &one);
        slope = m * slope / (e + 1.0f);  // of the logistic: e^x / (1 + e^x)
        part *= m;
        before += by * slope;
        memcpy(d + i, &before, sizeof before);
        add_lanes(losses, &part);
        add_lanes(pulls, &slope);
    }
    *pull = sum_lanes(pulls);
    return sum_lanes(losses);
}

MULTI_ARCH static double pairwise_hinge_fast(const float *scores, const float *times, size_t n, float threshold, float by, float *d,
                                             double *pull)
{
    double losses[LANES] = {0}, pulls[LANES] = {0};
    const lanes zero = {0};
    for (size_t i = 0; i < n; i += LANES) {
        lanes x, m, before;
        load(&x, scores + i);
        load(&m, times + i);
        load(&before, d + i);
        x -= threshold;
        lanes_int below = x <= zero;
        blend(&x, &below, &zero);
        lanes slope = m;
        blend(&slope, &below, &zero);
        x *= m;
        before += by * slope;
        memcpy(d + i, &before, sizeof before);
        add_lanes(losses, &x);
        add_lanes(pulls, &slope);
    }
    *pull = sum_lanes(pulls);
    return sum_lanes(losses);
}

double pairwise_logistic(const float *scores, const float *times, size_t n, float positive, float by, float *d, double *pull)
{
    return pairwise_logistic_fast(scores, times, n, positive, by, d, pull);
}

double pairwise_hinge(const float *scores, const float *times, size_t n, float threshold, float by, float *d, double *pull)
{
    return pairwise_hinge_fast(scores, times, n, threshold, by, d, pull);
}
