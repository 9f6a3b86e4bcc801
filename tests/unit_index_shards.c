// Several indexes as one: the very lists and scores of one index over all rows. Numbers are small and whole: products are exact, and ties many.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/index/similar.h"
#include "tests/indexes.h"
#include "tests/unit.h"

enum { N = 12, K = 25, DIM = 6, PARTS_MAX = 4 };

struct setting {
    const char *kinds[PARTS_MAX];   // of the parts; NULL: no more
    enum index_metric metric;
    size_t heads, k;
    bool gone;
};

static const size_t splits[][PARTS_MAX + 1] = {{0, 401, 1000}, {0, 1, 700, 1000}, {0, 64, 64, 999, 1000}};

static uint64_t *bits_new(size_t from, size_t to, size_t a, size_t b, struct arena *arena)
{
    uint64_t *bits = arena_zeros(arena, (to - from) / 64 + 1, sizeof *bits);
    for (size_t row = from; row < to; row++)
        bits[(row - from) / 64] |= (uint64_t)(row % a != b) << (row - from) % 64;
    return bits;
}

static struct index *part_new(const char *kind, const struct setting *s, const float *vectors, size_t from, size_t to, struct arena *arena)
{
    struct index *index = index_built(kind, s->metric, vectors + from * DIM, to - from, DIM, 1, 0.99, index_path("unit_index_shards"));
    remove(index_path("unit_index_shards"));
    if (s->gone)
        index->live = bits_new(from, to, 11, 5, arena);
    return index;
}

static struct topk_query *asked_new(const uint64_t *allowed, size_t rows, size_t k, struct arena *arena)
{
    struct topk_query *queries = arena_zeros(arena, N, sizeof *queries);
    for (size_t i = 0; i < N; i++) {
        uint32_t *apart = arena_array(arena, rows, sizeof *apart), *asked = arena_array(arena, rows, sizeof *asked);
        struct topk_query *q = &queries[i];
        for (size_t row = i; row < rows; row += 13)
            apart[q->n_apart++] = (uint32_t)row;
        for (size_t row = 2 * i; row < rows; row += 97)
            asked[q->n_asked++] = (uint32_t)row;
        q->apart = apart;
        q->asked = asked;
        q->allowed = i % 3 != 0 ? allowed : NULL;
        q->apart_scores = arena_array(arena, rows, sizeof *q->apart_scores);
        q->asked_scores = arena_array(arena, rows, sizeof *q->asked_scores);
        q->hits = arena_array(arena, k, sizeof *q->hits);
    }
    return queries;
}

static void same_scores(const float *found, const float *wanted, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(wanted[i]))
            NEAR(found[i], wanted[i], tolerance);
        else
            CHECK(isnan(found[i]));
}

static void same(const struct topk_query *found, const struct topk_query *wanted, double tolerance)
{
    for (size_t i = 0; i < N; i++) {
        EQUAL(found[i].n_hits, wanted[i].n_hits);
        for (size_t h = 0; h < found[i].n_hits; h++) {
            NEAR(found[i].hits[h].score, wanted[i].hits[h].score, tolerance);
            if (tolerance == 0)
                EQUAL(found[i].hits[h].row, wanted[i].hits[h].row);
        }
        same_scores(found[i].apart_scores, wanted[i].apart_scores, found[i].n_apart, tolerance);
        same_scores(found[i].asked_scores, wanted[i].asked_scores, found[i].n_asked, tolerance);
    }
}

// Cosines and distances are rounded, so that ties may fall out another way; an ivf index keeps vectors at three bytes a number.
static void check(const struct setting *s, const size_t *ends, size_t n, double tolerance)
{
    static const char *const sources[] = {"a", "b", "c", "d"};
    struct arena arena = {0};
    struct pool *pool = pool_new(2);
    size_t rows = ends[n];
    float *vectors = arena_array(&arena, rows * DIM, sizeof *vectors), *queries = arena_array(&arena, N * s->heads * DIM, sizeof *queries);
    float one[DIM], other[DIM];
    for (size_t i = 0; i < rows * DIM; i++)
        vectors[i] = (float)rng_below(rng_bits(3, 1, i), 9) - 4;
    for (size_t i = 0; i < N * s->heads * DIM; i++)
        queries[i] = (float)rng_below(rng_bits(3, 2, i), 9) - 4;
    struct index *whole = part_new("flat", s, vectors, 0, rows, &arena), *parts[PARTS_MAX];
    for (size_t i = 0; i < n; i++)
        parts[i] = part_new(s->kinds[i], s, vectors, ends[i], ends[i + 1], &arena);
    struct index *shards = index_shards(parts, sources, n);
    shards->leaves = SIZE_MAX;
    EQUAL(shards->rows, rows);
    const uint64_t *allowed = bits_new(0, rows, 5, 2, &arena);
    struct topk_query *wanted = asked_new(allowed, rows, s->k, &arena), *found = asked_new(allowed, rows, s->k, &arena);
    index_search(whole, s->heads, queries, wanted, N, s->k, pool, &arena);
    index_search(shards, s->heads, queries, found, N, s->k, pool, &arena);
    same(found, wanted, tolerance);
    uint32_t like[N];
    for (size_t i = 0; i < N; i++) {
        like[i] = (uint32_t)(rows * i / N);
        wanted[i].n_apart = found[i].n_apart = wanted[i].n_asked = found[i].n_asked = 0;
    }
    similar_search(whole, like, wanted, N, s->k, pool, &arena);
    similar_search(shards, like, found, N, s->k, pool, &arena);
    same(found, wanted, tolerance);
    for (size_t row = 0; row < rows; row++) {
        index_vector(shards, row, one);
        index_vector(whole, row, other);
        same_scores(one, other, DIM, tolerance);
    }
    index_check(shards, "all");
    pool_free(pool);
    arena_free(&arena);
}

static void flat_as_one(void)
{
    for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++)
        for (size_t i = 0; i < 12; i++) {
            const struct setting s = {{"flat", "flat", "flat", "flat"}, (enum index_metric)metric, 1 + i % 2, i % 4 < 2 ? K : 1000, i >= 6};
            check(&s, splits[i % 3], 2 + i % 3, metric == INDEX_INNER ? 0 : 1e-5);
        }
}

static void kinds_mixed(void)
{
    for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++) {
        const struct setting s = {{"ivf", "flat", "ivf"}, (enum index_metric)metric, 1, 1000, metric != INDEX_INNER};
        check(&s, splits[1], 3, 1e-3);
    }
}

static struct index *both[2];

static void join_both(void)
{
    static const char *const sources[] = {"a.index", "b.index"};
    index_shards(both, sources, 2);
}

static void what_does_not_fit(void)
{
    float vectors[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    both[0] = index_flat_over(vectors, 4, 2);
    both[1] = index_flat_over(vectors, 2, 4);
    COMPLAINS(3, "b.index: index \"\" has vectors of 4 numbers, but a.index of 2", join_both);
    both[1]->dim = 2;
    both[1]->metric = INDEX_COSINE;
    COMPLAINS(3, "b.index: index \"\" has the metric cosine, but a.index inner", join_both);
    both[1]->name = "other";
    COMPLAINS(3, "b.index: index \"other\" of table \"\", but a.index has \"\" of \"\"", join_both);
    both[1]->name = "";
    both[1]->metric = INDEX_INNER;
    both[0]->rows = both[1]->rows = (size_t)1 << 30;
    COMPLAINS(3, "b.index: more than 2^31 rows with those of the indexes before it", join_both);
}

UNIT_MAIN(UNIT(flat_as_one), UNIT(kinds_mixed), UNIT(what_does_not_fit))
