// EASE: the linear model of all items on all items whose diagonal is zero, in closed form. With G = X^T X of who took what, and
// P = (G + lambda I)^-1, having taken i speaks for j with -P_ij / P_jj. Source: Steck, "Embarrassingly Shallow Autoencoders for Sparse
// Data", WWW 2019.
//
// lambda, unless given, is 100 + 5 times the mean number of candidates that a query took, over the queries that took any. That is between
// half and twice the published best values (MovieLens 20M, Netflix, Million Song), and within 1 % of the best recall at 20 on validation
// parts of MovieLens 100K, 1M and MovieTweetings, where queries took 76, 119 and 6. Too large a value costs little.
//
// G is counted in f32, exactly below 2^24, and inverted in place: n^2 floats, n^3 operations.
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/math/matrix.h"
#include "common/metric/baseline.h"

struct ease {
    size_t n;
    float *weights;    // (n, n): row i is what having taken i says for each
};

static double read_lambda(const struct call *call)
{
    call_known(call, "lambda", 0);
    return call_real(call, "lambda", 0, 1e-3, 1e9);
}

static void check(const struct call *call)
{
    (void)read_lambda(call);
}

static double bytes(const struct call *call, const struct baseline_data *data)
{
    (void)call;
    return (double)data->n_candidates * (double)data->n_candidates * sizeof(float);
}

static double usual_lambda(const struct baseline_data *data)
{
    size_t some = 0;
    for (size_t i = 0; i < data->n_queries; i++)
        some += data->lists[i + 1] > data->lists[i];
    return 100 + (some > 0 ? 5 * (double)data->lists[data->n_queries] / (double)some : 0);
}

static void *fit(const struct call *call, const struct baseline_data *data, struct pool *pool)
{
    size_t n = data->n_candidates;
    float *a = memory_zeros(n * n, sizeof *a);
    for (size_t q = 0; q < data->n_queries; q++)
        for (size_t i = data->lists[q]; i < data->lists[q + 1]; i++)
            for (size_t j = data->lists[q]; j < data->lists[q + 1]; j++)
                a[data->taken[i] * n + data->taken[j]]++;
    double lambda = read_lambda(call);
    lambda = lambda > 0 ? lambda : usual_lambda(data);
    for (size_t i = 0; i < n; i++)
        a[i * n + i] += (float)lambda;
    if (!matrix_invert(n, a, pool_threads(pool))) {
        free(a);
        return NULL;
    }
    float *diagonal = memory_zeros(n, sizeof *diagonal);
    for (size_t i = 0; i < n; i++) {
        diagonal[i] = a[i * n + i];
        a[i * n + i] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] /= -diagonal[j];
    free(diagonal);
    struct ease *ease = memory_zeros(1, sizeof *ease);
    *ease = (struct ease){n, a};
    return ease;
}

static void score(const void *fitted, const uint32_t *taken, size_t n, float *scores)
{
    const struct ease *ease = fitted;
    for (size_t i = 0; i < n; i++) {
        const float *restrict row = ease->weights + taken[i] * ease->n;
        for (size_t j = 0; j < ease->n; j++)
            scores[j] += row[j];
    }
}

static void end(void *fitted)
{
    struct ease *ease = fitted;
    free(ease->weights);
    free(ease);
}

const struct baseline_kind baseline_ease = {
    .name = "ease", .arguments = "lambda=100 + 5 times the mean candidates a query took",
    .meaning = "each candidate from all others, linearly (Steck 2019); 4 bytes for every pair of candidates",
    .check = check, .bytes = bytes, .fit = fit, .score = score, .free = end,
};
