// Products against plain loops, equations by putting the solution in, and OpenBLAS's kernels by what the processor can do.
#include <stdlib.h>

#include <cblas.h>

#include "common/base/rng.h"
#include "common/math/matrix.h"
#include "tests/unit.h"

enum { MOST = 40 };

static float whole(uint64_t seed, size_t i)
{
    return (float)rng_below(rng_bits(seed, 3, i), 21) - 10;
}

// Whole numbers, so that every sum is exact.
static void products_are_those_of_plain_loops(void)
{
    static const size_t sizes[][3] = {{1, 1, 1}, {1, 40, 3}, {40, 1, 7}, {5, 6, 1}, {17, 33, 40}, {0, 3, 2}};
    float a[MOST * MOST], b[MOST * MOST], c[3][MOST * MOST];
    for (size_t t = 0; t < 6; t++) {
        size_t m = sizes[t][0], n = sizes[t][1], k = sizes[t][2];
        for (size_t i = 0; i < MOST * MOST; i++) {
            a[i] = whole(1, i);
            b[i] = whole(2, i);
            for (size_t form = 0; form < 3; form++)
                c[form][i] = whole(3, i);
        }
        matrix_nn(m, n, k, 2, a, MOST, b, MOST, 3, c[0], MOST);
        matrix_nt(m, n, k, 2, a, MOST, b, MOST, 3, c[1], MOST);
        matrix_tn(m, n, k, 2, a, MOST, b, MOST, 3, c[2], MOST);
        for (size_t i = 0; i < MOST; i++)
            for (size_t j = 0; j < MOST; j++) {
                float sums[3] = {0}, before = whole(3, i * MOST + j);
                for (size_t l = 0; l < k; l++) {
                    sums[0] += a[i * MOST + l] * b[l * MOST + j];
                    sums[1] += a[i * MOST + l] * b[j * MOST + l];
                    sums[2] += a[l * MOST + i] * b[l * MOST + j];
                }
                for (size_t form = 0; form < 3; form++)
                    EQUAL(c[form][i * MOST + j], i < m && j < n ? 2 * sums[form] + 3 * before : before);
            }
    }
}

static void solutions_solve(void)
{
    enum { N = 7 };
    float a[N * N], factor[N * N], inverse[N * N], x[N], b[N];
    for (size_t i = 0; i < N; i++) {
        b[i] = x[i] = whole(4, i);
        for (size_t j = 0; j <= i; j++)
            a[i * N + j] = a[j * N + i] = i == j ? 200 : whole(5, i * N + j);
    }
    memcpy(factor, a, sizeof a);
    memcpy(inverse, a, sizeof a);
    matrix_solve(N, factor, N, x);
    CHECK(matrix_invert(N, inverse, 1));
    for (size_t i = 0; i < N; i++) {
        float product = 0, same = 0;
        for (size_t j = 0; j < N; j++) {
            product += a[i * N + j] * x[j];
            same += inverse[i * N + j] * b[j];
        }
        NEAR(product, b[i], 1e-4);
        NEAR(same, x[i], 1e-5);
    }
    a[0] = -1;
    CHECK(!matrix_invert(N, a, 1));
}

static void kernels_are_not_those_of_the_oldest_processor(void)
{
#ifdef __x86_64__
    const char *asked = getenv("OPENBLAS_CORETYPE");
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && (asked == NULL || strcmp(asked, "Prescott") != 0))
        CHECK(strcmp(openblas_get_corename(), "Prescott") != 0);
#endif
}

UNIT_MAIN(UNIT(products_are_those_of_plain_loops), UNIT(solutions_solve), UNIT(kernels_are_not_those_of_the_oldest_processor))
