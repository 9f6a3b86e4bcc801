// How many leaves a recall takes: measured on a sample when the index is built, for some lengths of list, and read off between the points. From one
// length to the next the leaves to visit grow like a power of it; a filter asks for long ones (ivf_choose.c). Where all leaves have less, because the
// bytes of a few numbers do not tell rows apart or those of very many add up to noise, every row is scored instead.
#include <math.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/index/ivf.h"
#include "common/index/metric.h"

enum { SAMPLE = 512, KS = 3 };
static const uint32_t ks[KS] = {10, 100, 1000};
static const double enough = 0.9995;

// Leaves for this recall by the points of one k, on a line through the logarithms of the leaves between the last point that has less and the next; 0
// if all do not have it. Points end with all leaves or with enough.
static double leaves_by(const struct ivf *ivf, uint32_t k, double recall)
{
    const struct ivf_point *less = NULL, *more = NULL;
    for (size_t i = 0; i < ivf->n_points; i++) {
        const struct ivf_point *point = &ivf->points[i];
        if (point->k != k)
            continue;
        if (point->recall < recall) {
            less = point;
            more = NULL;
        } else if (more == NULL) {
            more = point;
        }
    }
    if (more == NULL)
        return less != NULL && less->recall < enough ? 0 : (double)ivf->n_leaves;
    if (less == NULL)
        return more->leaves;
    return less->leaves * pow((double)more->leaves / less->leaves, (recall - less->recall) / (more->recall - less->recall));
}

size_t ivf_leaves(const struct ivf *ivf, double recall, size_t k)
{
    if (recall >= 1)  // no sample can promise that
        return 0;
    uint32_t low = 0, high = 0;  // the lengths measured on both sides of k, or the last two
    for (size_t i = 0; i < ivf->n_points && high < k; i++)
        if (ivf->points[i].k != high) {
            low = high;
            high = ivf->points[i].k;
        }
    if (high == 0)
        return ivf->n_leaves;
    double leaves = leaves_by(ivf, high, recall), fewer = low > 0 ? leaves_by(ivf, low, recall) : leaves;
    if (leaves == 0 || fewer == 0)
        return 0;
    if (low > 0)
        leaves = fewer * pow(fmax(leaves / fewer, 1), log((double)k / low) / log((double)high / low));
    return leaves < 1 ? 1 : leaves < (double)ivf->n_leaves ? (size_t)ceil(leaves) : ivf->n_leaves;
}

// How many hits two lists have in common.
//   marks  (rows) bits, none of them set before and after
static size_t common_rows(const struct topk_hit *a, size_t n, const struct topk_hit *b, size_t m, uint64_t *marks)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        marks[a[i].row / 64] |= (uint64_t)1 << (a[i].row % 64);
    for (size_t i = 0; i < m; i++)
        same += marks[b[i].row / 64] >> (b[i].row % 64) & 1;
    for (size_t i = 0; i < n; i++)
        marks[a[i].row / 64] = 0;
    return same;
}

struct trial {
    const float *vectors;
    struct topk_query *found, *wanted;
    size_t n;
};

static double recall_of(const struct index *index, const struct trial *trial, size_t leaves, size_t k, struct pool *pool, struct arena *scratch)
{
    size_t same = 0, all = 0;
    uint64_t *marks = arena_zeros(scratch, index->rows / 64 + 1, sizeof *marks);
    ivf_search(index, leaves, 1, trial->vectors, trial->found, trial->n, k, pool, scratch);
    for (size_t i = 0; i < trial->n; i++) {
        const struct topk_query *found = &trial->found[i], *wanted = &trial->wanted[i];
        size_t n = wanted->n_hits < k ? wanted->n_hits : k;
        same += common_rows(found->hits, found->n_hits, wanted->hits, n, marks);
        all += n;
    }
    return all == 0 ? 1 : (double)same / (double)all;
}

// The sample: queries, or rows that do not find themselves.
static void draw(struct index *index, const float *queries, size_t n, struct trial *trial, struct arena *arena)
{
    const struct ivf *ivf = index->state;
    size_t of = n > 0 ? n : index->rows, k = ks[KS - 1];
    trial->n = of < SAMPLE ? of : SAMPLE;
    float *vectors = arena_array(arena, trial->n * index->width, sizeof *vectors);
    trial->vectors = vectors;
    trial->found = arena_zeros(arena, trial->n, sizeof *trial->found);
    trial->wanted = arena_zeros(arena, trial->n, sizeof *trial->wanted);
    for (size_t i = 0; i < trial->n; i++) {
        size_t from = of * i / trial->n, row = from + rng_below(rng_bits(index->seed, i, 1), of * (i + 1) / trial->n - from);
        memcpy(vectors + i * index->width, (n > 0 ? queries : ivf->floats) + row * index->width, index->width * sizeof *vectors);
        if (n == 0)
            metric_row_to_query(index, vectors + i * index->width);
        uint32_t *self = arena_array(arena, 1, sizeof *self);
        *self = (uint32_t)row;
        trial->found[i] = trial->wanted[i] = (struct topk_query){.apart = self, .n_apart = n == 0};
        trial->found[i].hits = arena_array(arena, k, sizeof *trial->found[i].hits);
        trial->wanted[i].hits = arena_array(arena, k, sizeof *trial->wanted[i].hits);
    }
}

void ivf_measure(struct index *index, const float *queries, size_t n, struct pool *pool)
{
    struct ivf *ivf = index->state;
    struct arena arena = {0}, scratch = {0};
    struct trial trial;
    struct topk_block block = {ivf->floats, index->rows};
    draw(index, queries, n, &trial, &arena);
    size_t lengths = 1;  // a list of a quarter of the rows is searched for exactly
    while (lengths < KS && ks[lengths] <= index->rows / 4)
        lengths++;
    struct scoring by = metric_scoring(index);
    topk_search(trial.vectors, trial.wanted, trial.n, &block, index->rows > 0, &by, ks[lengths - 1], pool, &arena);
    struct ivf_point *points = arena_array(&index->arena, KS * 80, sizeof *points);
    for (size_t i = 0; i < lengths; i++) {
        double leaves = 1;
        for (bool last = false; !last; leaves = leaves < 4 ? leaves + 1 : leaves * 1.4) {
            size_t these = (size_t)leaves < ivf->n_leaves ? (size_t)leaves : ivf->n_leaves;
            double recall = recall_of(index, &trial, these, ks[i], pool, &scratch);
            last = these == ivf->n_leaves || recall >= enough;
            points[ivf->n_points++] = (struct ivf_point){ks[i], (uint32_t)these, recall};
            arena_reset(&scratch);
        }
    }
    ivf->points = points;
    arena_free(&arena);
    arena_free(&scratch);
}
