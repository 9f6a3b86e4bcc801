// Likes folded in: the gradient is zero where it ends, and what is liked goes up.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/index/likes.h"
#include "tests/unit.h"

enum { M = 5000, DIM = 3 };

static float *vectors_new(size_t m, size_t dim, float scale)
{
    float *x = memory_zeros(m * dim, sizeof *x);
    for (size_t i = 0; i < m * dim; i++)
        x[i] = scale * ((float)rng_below(rng_bits(3, 4, i), 2001) / 1000 - 1);
    return x;
}

// The probabilities of the rows, in double.
static void softmax(const float *vectors, size_t m, size_t dim, const float *u, double *p)
{
    double most = -INFINITY, total = 0;
    for (size_t i = 0; i < m; i++) {
        p[i] = 0;
        for (size_t d = 0; d < dim; d++)
            p[i] += (double)vectors[i * dim + d] * (double)u[d];
        most = p[i] > most ? p[i] : most;
    }
    for (size_t i = 0; i < m; i++)
        total += p[i] = exp(p[i] - most);
    for (size_t i = 0; i < m; i++)
        p[i] /= total;
}

// 30 times the mean variance of the vectors by these probabilities.
static double lambda_of(const float *vectors, size_t m, size_t dim, const double *p)
{
    double trace = 0;
    for (size_t d = 0; d < dim; d++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < m; i++) {
            mean += p[i] * (double)vectors[i * dim + d];
            squares += p[i] * (double)vectors[i * dim + d] * (double)vectors[i * dim + d];
        }
        trace += squares - mean * mean;
    }
    return 30 * trace / (double)dim;
}

static void ends_where_the_gradient_is_zero(float scale, size_t n)
{
    float *vectors = vectors_new(M, DIM, scale), u[DIM] = {0.5f / scale, -0.25f / scale, 0.1f / scale}, begin[DIM];
    uint32_t rows[] = {7, 4999, 7, 12, 100, 3};
    double *p = memory_zeros(M, sizeof *p);
    struct index *index = index_flat_over(vectors, M, DIM);
    struct arena arena = {0};
    memcpy(begin, u, sizeof begin);
    softmax(vectors, M, DIM, begin, p);
    double lambda = lambda_of(vectors, M, DIM, p);
    likes_vector(index, rows, n, u, &arena);
    softmax(vectors, M, DIM, u, p);
    for (size_t d = 0; d < DIM; d++) {
        double gradient = -lambda * ((double)u[d] - (double)begin[d]);
        for (size_t i = 0; i < n; i++)
            gradient += (double)vectors[rows[i] * DIM + d];
        for (size_t i = 0; i < M; i++)
            gradient -= (double)n * p[i] * (double)vectors[i * DIM + d];
        NEAR(gradient / (double)scale, 0, 1e-4);
    }
    arena_free(&arena);
    index_free(index);
    free(vectors);
    free(p);
}

static void ends_at_the_maximum(void)
{
    ends_where_the_gradient_is_zero(1, 1);
    ends_where_the_gradient_is_zero(1, 6);
    ends_where_the_gradient_is_zero(10, 6);    // the scale of the vectors changes nothing
    ends_where_the_gradient_is_zero(0.1f, 3);
}

static void equal_vectors_say_nothing(void)
{
    float vectors[] = {1, 2, 1, 2}, u[] = {3, 4};
    uint32_t row = 1;
    struct index *index = index_flat_over(vectors, 2, 2);
    struct arena arena = {0};
    likes_vector(index, &row, 1, u, &arena);
    NEAR(u[0], 3, 1e-3);
    NEAR(u[1], 4, 1e-3);
    arena_free(&arena);
    index_free(index);
}

UNIT_MAIN(UNIT(ends_at_the_maximum), UNIT(equal_vectors_say_nothing))
