// Three bytes a number: what is exact, how far the rest is off, and products.
#include <float.h>

#include "common/base/rng.h"
#include "common/math/packed.h"
#include "tests/unit.h"

static void whole_numbers_are_exact(void)
{
    float x[] = {1, -2, 4194303, 0, -4194304, 7, 0.5f}, y[7], scale;
    uint8_t packed[3 * 7];
    packed_encode(x, 1, 7, packed, &scale);
    packed_decode(packed, &scale, 1, 7, y);
    for (size_t i = 0; i < 6; i++)
        CHECK(y[i] == x[i]);
    packed_encode(x + 5, 1, 2, packed, &scale);
    packed_decode(packed, &scale, 1, 2, y);
    CHECK(y[0] == 7 && y[1] == 0.5f);
}

static void others_are_off_by_a_part_in_eight_million(void)
{
    enum { ROWS = 200, DIM = 19 };
    static float x[ROWS * DIM], y[ROWS * DIM], scales[ROWS];
    static uint8_t packed[ROWS * DIM * 3];
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = ((float)rng_unit(rng_bits(1, 2, i)) - 0.5f) * ldexpf(1, (int)(i / DIM) - 100);
    packed_encode(x, ROWS, DIM, packed, scales);
    packed_decode(packed, scales, ROWS, DIM, y);
    for (size_t r = 0; r < ROWS; r++) {
        float high = 0;
        for (size_t i = 0; i < DIM; i++)
            high = fmaxf(high, fabsf(x[r * DIM + i]));
        for (size_t i = 0; i < DIM; i++)
            CHECK(fabs((double)y[r * DIM + i] - (double)x[r * DIM + i]) <= (double)high * 0x1p-23);
    }
}

static void products(void)
{
    for (size_t dim = 1; dim < 70; dim += dim < 20 ? 1 : 13) {
        float q[70], x[140], scales[2];
        uint8_t packed[2 * 3 * 70];
        for (size_t i = 0; i < dim; i++)
            q[i] = (float)rng_below(rng_bits(5, dim, i), 9) - 4;
        for (size_t i = 0; i < 2 * dim; i++)
            x[i] = (float)rng_below(rng_bits(6, dim, i), 2001) - 1000;
        packed_encode(x, 2, dim, packed, scales);
        for (size_t r = 0; r < 2; r++) {
            float sum = 0;
            for (size_t i = 0; i < dim; i++)
                sum += q[i] * x[r * dim + i];
            CHECK(packed_dot(q, packed + r * PACKED_BYTES * dim, scales[r], dim) == sum);
        }
    }
}

static void zeros_and_extremes(void)
{
    float x[][2] = {{0, 0}, {FLT_MAX, -FLT_MAX}, {1e-44f, 0}, {-0.0f, 0}}, y[2], scale;
    uint8_t packed[6];
    for (size_t i = 0; i < 4; i++) {
        packed_encode(x[i], 1, 2, packed, &scale);
        packed_decode(packed, &scale, 1, 2, y);
        NEAR(y[0] / FLT_MAX, x[i][0] / FLT_MAX, 1e-6);
        NEAR(y[1] / FLT_MAX, x[i][1] / FLT_MAX, 1e-6);
        CHECK(isfinite(packed_dot(y, packed, scale, 1)) || i == 1);
    }
}

UNIT_MAIN(UNIT(whole_numbers_are_exact), UNIT(others_are_off_by_a_part_in_eight_million), UNIT(products), UNIT(zeros_and_extremes))
