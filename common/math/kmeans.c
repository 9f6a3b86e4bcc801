// The nearest centre is the one of the largest x c - |c|^2 / 2: a matrix product of a tile of vectors with a tile of centres, whose result stays in
// the cache, and a scan. Means are summed centre by centre, members in their order, so that threads change nothing. A centre without members takes
// the place of a random member of the largest one.
#include "common/math/kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/math/simd.h"

enum { TURNS = 10, TILE_ROWS = 128, TILE_CENTRES = 1024 };

struct job {
    const float *vectors, *centres;
    float *halves;                // (k) |c|^2 / 2
    float *scores;                // (threads, TILE_ROWS, TILE_CENTRES)
    size_t n, dim, k;
    uint32_t *nearest;
    const uint32_t *members;      // sorted by centre
    const size_t *first;          // (k + 1)
    float *means;                 // (k, dim)
};

// Where the largest of score - half is, if it is larger than *best; else `at`.
MULTI_ARCH static uint32_t kmeans_largest(const float *restrict scores, const float *restrict halves, size_t n, uint32_t first, float *best,
                                          uint32_t at)
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
            float score = scores[i + j] - halves[i + j];
            where[j] = score > high[j] ? (uint32_t)i : where[j];
            high[j] = score > high[j] ? score : high[j];
        }
    for (size_t j = 0; j < LANES; j++)
        if (high[j] > *best || (high[j] == *best && first + where[j] + j < at)) {
            *best = high[j];
            at = first + where[j] + (uint32_t)j;
        }
    for (; i < n; i++)
        if (scores[i] - halves[i] > *best) {
            *best = scores[i] - halves[i];
            at = first + (uint32_t)i;
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
            job->nearest[from + r] = kmeans_largest(scores + r * TILE_CENTRES, job->halves + c, n, (uint32_t)c, &best[r], job->nearest[from + r]);
    }
}

void kmeans_assign(const float *vectors, size_t n, size_t dim, const float *centres, size_t k, struct pool *pool, uint32_t *nearest)
{
    struct job job = {.vectors = vectors, .centres = centres, .n = n, .dim = dim, .k = k, .nearest = nearest};
    job.halves = memory_aligned(k, sizeof *job.halves);
    job.scores = memory_aligned(pool_threads(pool) * TILE_ROWS * TILE_CENTRES, sizeof *job.scores);
    for (size_t c = 0; c < k; c++)
        job.halves[c] = rows_dot(centres + c * dim, centres + c * dim, dim) / 2;
    pool_run(pool, (n + TILE_ROWS - 1) / TILE_ROWS, assign_tile, &job);
    free(job.halves);
    free(job.scores);
}

static void mean_of(void *context, size_t c, size_t worker)
{
    const struct job *job = context;
    (void)worker;
    size_t from = job->first[c], to = job->first[c + 1];
    float *mean = job->means + c * job->dim;
    if (from == to)
        return;
    memset(mean, 0, job->dim * sizeof *mean);
    for (size_t i = from; i < to; i++)
        rows_sum(job->vectors + job->members[i] * job->dim, 1, job->dim, mean);
    for (size_t i = 0; i < job->dim; i++)
        mean[i] /= (float)(to - from);
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

void kmeans_train(const float *sample, size_t n, size_t dim, size_t k, uint64_t seed, struct pool *pool, float *centres)
{
    for (size_t c = 0; c < k; c++) {
        size_t from = n * c / k, to = n * (c + 1) / k, at = from + rng_below(rng_bits(seed, c, 0), to - from);
        memcpy(centres + c * dim, sample + at * dim, dim * sizeof *centres);
    }
    uint32_t *nearest = memory_aligned(n, sizeof *nearest), *members = memory_aligned(n, sizeof *members);
    size_t *first = memory_aligned(k + 1, sizeof *first);
    struct job job = {.vectors = sample, .dim = dim, .k = k, .members = members, .first = first, .means = centres};
    for (size_t turn = 0; turn < TURNS; turn++) {
        kmeans_assign(sample, n, dim, centres, k, pool, nearest);
        sort_members(nearest, n, k, first, members);
        pool_run(pool, k, mean_of, &job);
        fill_empty(&job, seed + turn);
    }
    free(nearest);
    free(members);
    free(first);
}
