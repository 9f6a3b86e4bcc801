// Nearest centres against all distances, and centres against clusters that are plain to see.
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/math/kmeans.h"
#include "tests/unit.h"

static float whole(uint64_t seed, size_t i)
{
    return (float)rng_below(rng_bits(seed, 7, i), 101) - 50;
}

static void the_nearest_is_found(void)
{
    static const size_t ks[] = {1, 2, 15, 16, 17, 1023, 1030, 2050}, ns[] = {1, 127, 128, 129, 300}, dims[] = {1, 3, 16};
    struct pool *pool = pool_new(2);
    for (size_t t = 0; t < 8; t++) {
        size_t k = ks[t], n = ns[t % 5], dim = dims[t % 3];
        float *x = memory_aligned(n * dim, sizeof *x), *c = memory_aligned(k * dim, sizeof *c);
        uint32_t *nearest = memory_aligned(n, sizeof *nearest);
        for (size_t i = 0; i < n * dim; i++)
            x[i] = whole(1, i);
        for (size_t i = 0; i < k * dim; i++)
            c[i] = whole(2, i);
        kmeans_assign(x, n, dim, 1, c, k, pool, nearest);
        for (size_t i = 0; i < n; i++) {
            size_t best = 0;
            float least = INFINITY;
            for (size_t j = 0; j < k; j++) {
                float distance = 0;
                for (size_t d = 0; d < dim; d++)
                    distance += (x[i * dim + d] - c[j * dim + d]) * (x[i * dim + d] - c[j * dim + d]);
                if (distance < least) {
                    least = distance;
                    best = j;
                }
            }
            EQUAL(nearest[i], best);
        }
        free(x);
        free(c);
        free(nearest);
    }
    pool_free(pool);
}

// |x - c|^2 + (eta - 1) ((x - c) x / |x|)^2
static double distance_of(const float *x, const float *c, size_t dim, double eta)
{
    double square = 0, length = 0, along = 0;
    for (size_t d = 0; d < dim; d++) {
        double rest = (double)x[d] - (double)c[d];
        square += rest * rest;
        along += rest * (double)x[d];
        length += (double)x[d] * (double)x[d];
    }
    return square + (length > 0 ? (eta - 1) * along * along / length : 0);
}

static void differences_along_the_vector_count_more(void)
{
    enum { N = 300, K = 40, DIM = 5 };
    float x[N * DIM], c[K * DIM];
    uint32_t nearest[N];
    struct pool *pool = pool_new(2);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = i < DIM ? 0 : whole(1, i);
    for (size_t i = 0; i < K * DIM; i++)
        c[i] = whole(2, i);
    kmeans_assign(x, N, DIM, 8, c, K, pool, nearest);
    size_t elsewhere = 0;
    for (size_t i = 0; i < N; i++) {
        double least = INFINITY, plain = INFINITY;
        size_t without = 0;
        for (size_t j = 0; j < K; j++) {
            least = fmin(least, distance_of(x + i * DIM, c + j * DIM, DIM, 8));
            if (distance_of(x + i * DIM, c + j * DIM, DIM, 1) < plain) {
                plain = distance_of(x + i * DIM, c + j * DIM, DIM, 1);
                without = j;
            }
        }
        NEAR(distance_of(x + i * DIM, c + nearest[i] * DIM, DIM, 8), least, 1e-5);
        elsewhere += nearest[i] != without;
    }
    CHECK(elsewhere > N / 10);
    pool_free(pool);
}

// No step away from a centre brings it nearer to its vectors; one without vectors stays.
static void centres_are_the_best_ones(void)
{
    enum { N = 60, K = 3, DIM = 4 };
    float x[N * DIM], c[K * DIM] = {0};
    uint32_t nearest[N];
    struct pool *pool = pool_new(2);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = i < DIM ? 0 : whole(1, i);
    for (size_t i = 0; i < N; i++)
        nearest[i] = i % 3 == 0 ? 0 : 2;
    c[DIM] = 7;
    kmeans_centres(x, N, DIM, 8, nearest, K, pool, c);
    EQUAL(c[DIM], 7);
    for (size_t j = 0; j < K; j += 2)
        for (size_t d = 0; d < 2 * DIM; d++) {
            double here = 0, beside = 0;
            float other[DIM];
            memcpy(other, c + j * DIM, sizeof other);
            other[d / 2] += d % 2 == 0 ? 0.25f : -0.25f;
            for (size_t i = 0; i < N; i++)
                if (nearest[i] == j) {
                    here += distance_of(x + i * DIM, c + j * DIM, DIM, 8);
                    beside += distance_of(x + i * DIM, other, DIM, 8);
                }
            CHECK(here < beside);
        }
    pool_free(pool);
}

// Four clusters at the corners of a large square: each gets a share of the centres, and every centre lies in a cluster.
static void centres_lie_where_vectors_are(void)
{
    enum { N = 4000, K = 40 };
    static float x[N * 2], centres[K * 2], again[K * 2];
    struct pool *one = pool_new(1), *three = pool_new(3);
    for (size_t i = 0; i < N; i++)
        for (size_t d = 0; d < 2; d++)
            x[2 * i + d] = (i >> d & 1 ? 1000.0f : 0.0f) + whole(3, 2 * i + d) / 50;
    kmeans_train(x, N, 2, 1, K, 1, one, centres);
    kmeans_train(x, N, 2, 1, K, 1, three, again);
    EQUAL(memcmp(centres, again, sizeof centres), 0);
    size_t corners[4] = {0};
    for (size_t c = 0; c < K; c++) {
        size_t corner = 0;
        for (size_t d = 0; d < 2; d++) {
            float to_corner = fminf(fabsf(centres[2 * c + d]), fabsf(centres[2 * c + d] - 1000));
            CHECK(to_corner <= 1);
            corner |= (size_t)(centres[2 * c + d] > 500) << d;
        }
        corners[corner]++;
    }
    for (size_t i = 0; i < 4; i++)
        CHECK(corners[i] >= 4);
    pool_free(one);
    pool_free(three);
}

static void fewer_distinct_vectors_than_centres(void)
{
    float x[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 5}, centres[8];
    struct pool *pool = pool_new(1);
    kmeans_train(x, 10, 1, 1, 8, 3, pool, centres);
    bool five = false;
    for (size_t c = 0; c < 8; c++) {
        CHECK(centres[c] == 1 || centres[c] == 5);
        five |= centres[c] == 5;
    }
    CHECK(five);
    pool_free(pool);
}

// The largest numbers that an index takes, of very many members: squares of their sums are no floats.
static void centres_of_large_numbers_are_finite(void)
{
    enum { N = 20000, K = 2, DIM = 64 };
    float *x = memory_aligned(N * DIM, sizeof *x), c[K * DIM];
    uint32_t *nearest = memory_aligned(N, sizeof *nearest);
    struct pool *pool = pool_new(2);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = 1e15f * (float)rng_unit(rng_bits(5, 1, i));
    kmeans_train(x, N, DIM, 8, K, 42, pool, c);
    kmeans_assign(x, N, DIM, 8, c, K, pool, nearest);
    kmeans_centres(x, N, DIM, 8, nearest, K, pool, c);
    for (size_t i = 0; i < K * DIM; i++)
        CHECK(c[i] >= 0 && c[i] <= 1e15f);
    pool_free(pool);
    free(x);
    free(nearest);
}

UNIT_MAIN(UNIT(the_nearest_is_found), UNIT(differences_along_the_vector_count_more), UNIT(centres_are_the_best_ones),
          UNIT(centres_lie_where_vectors_are), UNIT(fewer_distinct_vectors_than_centres),
          UNIT(centres_of_large_numbers_are_finite))
