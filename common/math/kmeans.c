// The nearest centre is the one of the largest s (eta - s (eta - 1) / 2 |x|^2) - |c|^2 / 2, s = x c: a matrix product of a tile of vectors with a
// tile of centres, whose result stays in the cache, and a scan. The best centre c of given members x solves
// (n + (eta - 1) sum x x' / |x|^2) c = eta sum x; its condition is at most eta, so from the mean on a few steps of conjugate gradients are enough,
// and no matrix is made. Sums go centre by centre, members in their order, so that threads change nothing. A centre without members takes the place
// of a random member of the largest one.
#include "common/math/kmeans.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/math/simd.h"
#include "common/math/update.h"

enum { TURNS = 10, STEPS = 5, TILE_ROWS = 128, TILE_CENTRES = 1024 };

struct job {
    const float *vectors, *centres;
    float eta;
    float *halves;                // (k) |c|^2 / 2
    float *along;                 // (n) (eta - 1) / |x|^2; 0 for a vector of zeros
    float *scores;                // (threads, TILE_ROWS, TILE_CENTRES)
    size_t n, dim, k;
    uint32_t *nearest;
    uint32_t *members;            // sorted by centre
    size_t *first;                // (k + 1)
    float *means;                 // (k, dim)
    float *room;                  // (threads, 3, dim)
};

static void measure_along(void *context, size_t tile, size_t worker)
{
    const struct job *job = context;
    size_t from = tile * TILE_ROWS, to = job->n - from < TILE_ROWS ? job->n : from + TILE_ROWS;
    (void)worker;
    for (size_t i = from; i < to; i++) {
        float square = rows_dot(job->vectors + i * job->dim, job->vectors + i * job->dim, job->dim);
        job->along[i] = square >= FLT_MIN ? (job->eta - 1) / square : 0;
    }
}

// Where the largest of s (eta - a s) - half is, if it is larger than *best; else `at`.
MULTI_ARCH static uint32_t kmeans_largest(const float *restrict scores, const float *restrict halves, float eta, float a, size_t n, uint32_t first,
                                          float *best, uint32_t at)
{
    float high[LANES];
    uint32_t where[LANES];
    for (size_t j = 0; j < LANES; j++) {
        high[j] = -INFINITY;
        where[j] = 0;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float score = scores[i + j] * (eta - a * scores[i + j]) - halves[i + j];
            where[j] = score > high[j] ? (uint32_t)i : where[j];
            high[j] = score > high[j] ? score : high[j];
        }
    for (size_t j = 0; j < LANES; j++)
        if (high[j] > *best || (high[j] == *best && first + where[j] + j < at)) {
            *best = high[j];
            at = first + where[j] + (uint32_t)j;
        }
    for (; i < n; i++) {
        float score = scores[i] * (eta - a * scores[i]) - halves[i];
        if (score > *best) {
            *best = score;
            at = first + (uint32_t)i;
        }
    }
    return at;
}

static void assign_tile(void *context, size_t tile, size_t worker)
{
    const struct job *job = context;
    size_t from = tile * TILE_ROWS, rows = job->n - from < TILE_ROWS ? job->n - from : TILE_ROWS;
    float *scores = job->scores + worker * TILE_ROWS * TILE_CENTRES, best[TILE_ROWS];
    for (size_t r = 0; r < rows; r++) {
        best[r] = -INFINITY;
        job->nearest[from + r] = 0;
    }
    for (size_t c = 0; c < job->k; c += TILE_CENTRES) {
        size_t n = job->k - c < TILE_CENTRES ? job->k - c : TILE_CENTRES;
        matrix_nt(rows, n, job->dim, 1, job->vectors + from * job->dim, job->dim, job->centres + c * job->dim, job->dim, 0, scores, TILE_CENTRES);
        for (size_t r = 0; r < rows; r++)
            job->nearest[from + r] = kmeans_largest(scores + r * TILE_CENTRES, job->halves + c, job->eta, job->along[from + r] / 2, n, (uint32_t)c,
                                                    &best[r], job->nearest[from + r]);
    }
}

static void assign(struct job *job, struct pool *pool)
{
    for (size_t c = 0; c < job->k; c++)
        job->halves[c] = rows_dot(job->centres + c * job->dim, job->centres + c * job->dim, job->dim) / 2;
    pool_run(pool, (job->n + TILE_ROWS - 1) / TILE_ROWS, assign_tile, job);
}

// job, borrowed: vectors, n, dim, k, eta are set.
static void begin(struct job *job, struct pool *pool)
{
    size_t threads = pool_threads(pool);
    job->halves = memory_aligned(job->k, sizeof *job->halves);
    job->scores = memory_aligned(threads * TILE_ROWS * TILE_CENTRES, sizeof *job->scores);
    job->room = memory_aligned(threads * 3 * job->dim, sizeof *job->room);
    job->along = memory_aligned(job->n, sizeof *job->along);
    job->members = memory_aligned(job->n, sizeof *job->members);
    job->first = memory_aligned(job->k + 1, sizeof *job->first);
    pool_run(pool, (job->n + TILE_ROWS - 1) / TILE_ROWS, measure_along, job);
}

static void end(struct job *job)
{
    free(job->halves);
    free(job->scores);
    free(job->room);
    free(job->along);
    free(job->members);
    free(job->first);
}

void kmeans_assign(const float *vectors, size_t n, size_t dim, float eta, const float *centres, size_t k, struct pool *pool, uint32_t *nearest)
{
    struct job job = {.vectors = vectors, .centres = centres, .n = n, .dim = dim, .k = k, .eta = eta, .nearest = nearest};
    begin(&job, pool);
    assign(&job, pool);
    end(&job);
}

// out = (n + sum x along x') in, over the members [from, to)
static void multiply(const struct job *job, size_t from, size_t to, const float *in, float *out)
{
    size_t dim = job->dim;
    for (size_t d = 0; d < dim; d++)
        out[d] = (float)(to - from) * in[d];
    for (size_t i = from; i < to; i++) {
        const float *x = job->vectors + job->members[i] * dim;
        update_add(out, x, dim, job->along[job->members[i]] * rows_dot(x, in, dim));
    }
}

// Conjugate gradients from the mean on. (Hestenes, Stiefel 1952)
static void solve(const struct job *job, size_t from, size_t to, float *c, float *room)
{
    size_t dim = job->dim;
    float *rest = room, *way = room + dim, *product = room + 2 * dim;
    multiply(job, from, to, c, product);
    for (size_t d = 0; d < dim; d++)
        way[d] = rest[d] = job->eta * (float)(to - from) * c[d] - product[d];
    float square = rows_dot(rest, rest, dim);
    for (size_t step = 0; step < STEPS && square > FLT_MIN && square <= FLT_MAX; step++) {
        multiply(job, from, to, way, product);
        float far = square / rows_dot(way, product, dim), before = square;
        if (!isfinite(far))  // numbers so large that the mean has to do
            break;
        update_add(c, way, dim, far);
        update_add(rest, product, dim, -far);
        square = rows_dot(rest, rest, dim);
        for (size_t d = 0; d < dim; d++)
            way[d] = rest[d] + square / before * way[d];
    }
}

static void centre_of(void *context, size_t c, size_t worker)
{
    const struct job *job = context;
    size_t from = job->first[c], to = job->first[c + 1];
    float *mean = job->means + c * job->dim;
    if (from == to)
        return;
    memset(mean, 0, job->dim * sizeof *mean);
    for (size_t i = from; i < to; i++)
        rows_sum(job->vectors + job->members[i] * job->dim, 1, job->dim, mean);
    for (size_t i = 0; i < job->dim; i++)
        mean[i] /= (float)(to - from);
    if (job->eta > 1)
        solve(job, from, to, mean, job->room + worker * 3 * job->dim);
}

// Gives each centre without members that of a member of the one which has most; that one then counts as half as large.
static void fill_empty(const struct job *job, uint64_t seed)
{
    size_t *sizes = memory_zeros(job->k, sizeof *sizes);
    for (size_t c = 0; c < job->k; c++)
        sizes[c] = job->first[c + 1] - job->first[c];
    for (size_t c = 0; c < job->k; c++) {
        if (sizes[c] > 0)
            continue;
        size_t largest = 0;
        for (size_t i = 1; i < job->k; i++)
            largest = sizes[i] > sizes[largest] ? i : largest;
        size_t at = job->first[largest] + rng_below(rng_bits(seed, c, 1), job->first[largest + 1] - job->first[largest]);
        memcpy(job->means + c * job->dim, job->vectors + job->members[at] * job->dim, job->dim * sizeof *job->means);
        sizes[largest] = (sizes[largest] + 1) / 2;
    }
    free(sizes);
}

// Members of each centre, in their order.
static void sort_members(const uint32_t *nearest, size_t n, size_t k, size_t *first, uint32_t *members)
{
    memset(first, 0, (k + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[nearest[i] + 1]++;
    for (size_t c = 0; c < k; c++)
        first[c + 1] += first[c];
    for (size_t i = 0; i < n; i++)
        members[first[nearest[i]]++] = (uint32_t)i;
    memmove(first + 1, first, k * sizeof *first);
    first[0] = 0;
}

static void find_centres(struct job *job, struct pool *pool)
{
    sort_members(job->nearest, job->n, job->k, job->first, job->members);
    pool_run(pool, job->k, centre_of, job);
}

void kmeans_train(const float *sample, size_t n, size_t dim, float eta, size_t k, uint64_t seed, struct pool *pool, float *centres)
{
    for (size_t c = 0; c < k; c++) {
        size_t from = n * c / k, to = n * (c + 1) / k, at = from + rng_below(rng_bits(seed, c, 0), to - from);
        memcpy(centres + c * dim, sample + at * dim, dim * sizeof *centres);
    }
    struct job job = {.vectors = sample, .centres = centres, .n = n, .dim = dim, .k = k, .eta = eta, .means = centres};
    job.nearest = memory_aligned(n, sizeof *job.nearest);
    begin(&job, pool);
    for (size_t turn = 0; turn < TURNS; turn++) {
        assign(&job, pool);
        find_centres(&job, pool);
        fill_empty(&job, seed + turn);
    }
    end(&job);
    free(job.nearest);
}

void kmeans_centres(const float *vectors, size_t n, size_t dim, float eta, uint32_t *nearest, size_t k, struct pool *pool, float *centres)
{
    struct job job = {.vectors = vectors, .n = n, .dim = dim, .k = k, .eta = eta, .nearest = nearest, .means = centres};
    begin(&job, pool);
    find_centres(&job, pool);
    end(&job);
}
