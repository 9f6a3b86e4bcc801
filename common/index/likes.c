// Each step goes over the vectors twice, in stretches: for the scores, whose maximum the softmax wants, and for the mean and the covariance of
// the vectors by their probabilities. A step that made things worse, which the bend of the softmax allows far from the maximum, is halved.
#include "common/index/likes.h"

#include <math.h>
#include <string.h>

#include "common/math/matrix.h"

enum { STEPS = 4, HALVINGS = 8, STRETCH_BYTES = 2 << 20 };

static const double PRIOR_LIKES = 30;

struct problem {
    const struct index *index;
    size_t n, dim, stretch;
    const double *liked;       // (dim) sum of the liked vectors
    const float *begin;        // (dim) u0
    double lambda;
    float *scores;             // (index->rows)
    float *vectors, *weighted; // (stretch, dim)
    double *mean;              // (dim) of the vectors by their probabilities
    float *covariance;         // (dim, dim)
};

static double product(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static size_t load(const struct problem *p, size_t first)
{
    size_t left = p->index->rows - first, rows = left < p->stretch ? left : p->stretch;
    for (size_t i = 0; i < rows; i++)
        index_vector(p->index, first + i, p->vectors + i * p->dim);
    return rows;
}

// What is to be made large, at u. Leaves the mean and the covariance there.
static double evaluate(const struct problem *p, const float *u)
{
    size_t rows, dim = p->dim;
    double most = -INFINITY, total = 0, value = 0;
    for (size_t first = 0; first < p->index->rows; first += rows) {
        rows = load(p, first);
        for (size_t i = 0; i < rows; i++) {
            p->scores[first + i] = (float)product(p->vectors + i * dim, u, dim);
            most = (double)p->scores[first + i] > most ? (double)p->scores[first + i] : most;
        }
    }
    for (size_t i = 0; i < p->index->rows; i++)
        total += exp((double)p->scores[i] - most);
    memset(p->mean, 0, dim * sizeof *p->mean);
    memset(p->covariance, 0, dim * dim * sizeof *p->covariance);
    for (size_t first = 0; first < p->index->rows; first += rows) {
        rows = load(p, first);
        for (size_t i = 0; i < rows; i++) {
            double probability = exp((double)p->scores[first + i] - most) / total;
            for (size_t d = 0; d < dim; d++) {
                p->mean[d] += probability * (double)p->vectors[i * dim + d];
                p->weighted[i * dim + d] = (float)(probability * (double)p->vectors[i * dim + d]);
            }
        }
        matrix_tn(dim, dim, rows, 1, p->weighted, dim, p->vectors, dim, 1, p->covariance, dim);
    }
    for (size_t i = 0; i < dim; i++) {
        for (size_t j = 0; j < dim; j++)
            p->covariance[i * dim + j] -= (float)(p->mean[i] * p->mean[j]);
        double away = (double)u[i] - (double)p->begin[i];
        value += p->liked[i] * (double)u[i] - p->lambda / 2 * away * away;
    }
    return value - (double)p->n * (most + log(total));
}

// u becomes the maximum of the parabola that fits there.
static void newton_step(const struct problem *p, float *u, float *gradient, float *hessian)
{
    size_t dim = p->dim;
    for (size_t i = 0; i < dim; i++) {
        gradient[i] = (float)(p->liked[i] - (double)p->n * p->mean[i] - p->lambda * ((double)u[i] - (double)p->begin[i]));
        for (size_t j = 0; j < dim; j++)
            hessian[i * dim + j] = (float)p->n * p->covariance[i * dim + j] + (i == j ? (float)p->lambda : 0);
    }
    matrix_solve(dim, hessian, dim, gradient);
    for (size_t i = 0; i < dim; i++)
        u[i] += gradient[i];
}

static struct problem problem_new(const struct index *index, const uint32_t *rows, size_t n, const float *begin, struct arena *scratch)
{
    size_t dim = index->dim, stretch = STRETCH_BYTES / (dim * sizeof(float)) + 1;
    struct problem p = {.index = index, .n = n, .dim = dim, .stretch = stretch};
    double *liked = arena_zeros(scratch, dim, sizeof *liked);
    float *first = arena_array(scratch, dim, sizeof *first);
    memcpy(first, begin, dim * sizeof *first);
    p.scores = arena_array(scratch, index->rows, sizeof *p.scores);
    p.vectors = arena_array(scratch, stretch * dim, sizeof *p.vectors);
    p.weighted = arena_array(scratch, stretch * dim, sizeof *p.weighted);
    p.mean = arena_array(scratch, dim, sizeof *p.mean);
    p.covariance = arena_array(scratch, dim * dim, sizeof *p.covariance);
    for (size_t i = 0; i < n; i++) {
        index_vector(index, rows[i], p.vectors);
        for (size_t d = 0; d < dim; d++)
            liked[d] += (double)p.vectors[d];
    }
    p.liked = liked;
    p.begin = first;
    return p;
}

void likes_vector(const struct index *index, const uint32_t *rows, size_t n, float *vector, struct arena *scratch)
{
    struct problem p = problem_new(index, rows, n, vector, scratch);
    size_t dim = p.dim;
    float *next = arena_array(scratch, dim, sizeof *next), *gradient = arena_array(scratch, dim, sizeof *gradient),
          *hessian = arena_array(scratch, dim * dim, sizeof *hessian);
    double value = evaluate(&p, vector), trace = 0;
    for (size_t i = 0; i < dim; i++)
        trace += (double)p.covariance[i * dim + i];
    p.lambda = PRIOR_LIKES * trace / (double)dim;
    for (size_t step = 0; step < STEPS && p.lambda > 0; step++) {
        memcpy(next, vector, dim * sizeof *next);
        newton_step(&p, next, gradient, hessian);
        double reached = evaluate(&p, next);
        for (size_t turn = 0; turn < HALVINGS && !(reached >= value); turn++) {
            for (size_t i = 0; i < dim; i++)
                next[i] = (vector[i] + next[i]) / 2;
            reached = evaluate(&p, next);
        }
        if (!(reached >= value))
            return;
        memcpy(vector, next, dim * sizeof *vector);
        value = reached;
    }
}
