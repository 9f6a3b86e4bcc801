#include "common/math/score.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "common/math/simd.h"

static const double unit = 0x1p-24;  // of the rounding of a float

typedef float half_lanes __attribute__((vector_size(32)));
typedef float quarter_lanes __attribute__((vector_size(16)));

SIMD_INLINE float lanes_total(const lanes *sum)
{
    half_lanes halves[2], half;
    quarter_lanes quarters[2], quarter;
    memcpy(halves, sum, sizeof *sum);
    half = halves[0] + halves[1];
    memcpy(quarters, &half, sizeof half);
    quarter = quarters[0] + quarters[1];
    return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

// In lanes: the same sum in the same order for the same numbers.
SIMD_INLINE float dot(const float *a, const float *b, size_t whole, size_t rest)
{
    lanes sum = {0}, x, y;
    for (size_t i = 0; i < whole; i += LANES) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        sum += x * y;
    }
    if (rest > 0) {
        lanes last = {0}, tail = {0};
        memcpy(&last, a + whole, rest * sizeof *a);
        memcpy(&tail, b + whole, rest * sizeof *b);
        sum += last * tail;
    }
    return lanes_total(&sum);
}

MULTI_ARCH static void score_dots(const float *restrict vector, const float *restrict rows, size_t n, size_t width, float *restrict out)
{
    size_t whole = width / LANES * LANES;
    for (size_t r = 0; r < n; r++)
        out[r] = dot(vector, rows + r * width, whole, width - whole);
}

MULTI_ARCH static void score_dots_at(const float *restrict vector, const float *restrict rows, const uint32_t *restrict places, size_t n,
                                     size_t width, float *restrict out)
{
    size_t whole = width / LANES * LANES;
    for (size_t i = 0; i < n; i++)
        out[i] = dot(vector, rows + places[i] * width, whole, width - whole);
}

MULTI_ARCH static double score_square(const float *restrict a, const float *restrict b, size_t n)
{
    double sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            double d = (double)a[i + j] - (double)b[i + j];
            sums[j] += d * d;
        }
    for (; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        sum += d * d;
    }
    for (size_t j = 0; j < LANES; j++)
        sum += sums[j];
    return sum;
}

struct score_query score_query_of(const struct scoring *by, const float *query)
{
    struct score_query q = {0, 0};
    double all = 0;
    for (size_t i = 0; i < by->width; i++) {
        all += (double)query[i] * (double)query[i];
        q.square = i < by->near ? all : q.square;
    }
    q.length = sqrt(all);
    return q;
}

float score_row(const struct scoring *by, const float *query, const float *row)
{
    float score;
    if (by->near > 0)
        return (float)-score_square(query, row, by->near) + 0.0f;
    score_dots(query, row, 1, by->width, &score);
    return score;
}

void score_rows(const struct scoring *by, const float *query, const float *rows, const uint32_t *places, size_t n, float *out)
{
    if (by->near == 0)
        score_dots_at(query, rows, places, n, by->width, out);
    for (size_t i = 0; i < n && by->near > 0; i++)
        out[i] = score_row(by, query, rows + places[i] * by->width);
}

void score_products(const float *vector, const float *rows, size_t n, size_t width, float *out)
{
    score_dots(vector, rows, n, width, out);
}

// The largest square; not finite if one is not.
MULTI_ARCH static float score_largest(const float *rows, size_t n, size_t width)
{
    size_t whole = width / LANES * LANES;
    float most = 0, bad = 0;
    for (size_t r = 0; r < n; r++, rows += width) {
        float square = dot(rows, rows, whole, width - whole);
        most = square > most ? square : most;
        bad += square - square;
    }
    return most + bad;
}

double score_longest(const float *rows, size_t n, size_t width)
{
    // Squares that vanished were below FLT_MIN.
    return 1.001 * sqrt((double)score_largest(rows, n, width) + (double)width * (double)FLT_MIN);
}

double score_error(const struct scoring *by, const struct score_query *query, double longest)
{
    // A sum of n products is wrong by n units of the sum of their sizes, in whatever order; twice, since score_row is too. What vanishes is below
    // the least float, each time.
    double most = query->length * longest, n = (double)by->width + 8;
    return most < (double)FLT_MAX / 4 ? 2 * n * (unit * most + 0x1p-149) : INFINITY;
}

// Downwards.
static float to_float(double x)
{
    return (float)(x - 2 * unit * fabs(x));
}

float score_least_product(const struct scoring *by, const struct score_query *query, float score, double error)
{
    double s = (double)score;
    return to_float(by->near == 0 ? s - error : (s + query->square) / 2 - 4 * unit * (query->square + fabs(s)) - error);
}

float score_least(const struct scoring *by, const struct score_query *query, float product, double error)
{
    double p = (double)product;
    return to_float(by->near == 0 ? p - error : 2 * (p - error) - query->square - 8 * unit * (query->square + fabs(p)));
}
