// Metrics of indexes: against scores computed one by one.
#include <stdlib.h>

#include "common/base/rng.h"
#include "tests/indexes.h"
#include "tests/unit.h"

static double score_of(enum index_metric metric, const float *q, const float *x, size_t dim)
{
    double product = 0, qq = 0, xx = 0, distance = 0;
    for (size_t i = 0; i < dim; i++) {
        product += (double)q[i] * (double)x[i];
        qq += (double)q[i] * (double)q[i];
        xx += (double)x[i] * (double)x[i];
        distance += ((double)q[i] - (double)x[i]) * ((double)q[i] - (double)x[i]);
    }
    return metric == INDEX_INNER ? product : metric == INDEX_L2 ? -distance : qq * xx > 0 ? product / sqrt(qq) / sqrt(xx) : 0;
}

static float noise(uint64_t seed, size_t i)
{
    return (float)(rng_unit(rng_bits(seed, 1, i)) + rng_unit(rng_bits(seed, 2, i)) - 1);
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

// Lists must have scores of their rows, in order, and the best ones; all leaves are visited.
static void check_list(const struct topk_query *found, enum index_metric metric, const float *query, const float *rows, size_t n, size_t dim, size_t k,
                       double tolerance)
{
    double *all = memory_aligned(n, sizeof *all);
    size_t left = 0;
    for (size_t r = 0; r < n; r++)
        if (topk_allows(found, r) && r != found->apart[0])
            all[left++] = score_of(metric, query, rows + r * dim, dim);
    qsort(all, left, sizeof *all, falling);
    EQUAL(found->n_hits, left < k ? left : k);
    for (size_t i = 0; i < found->n_hits; i++) {
        NEAR(found->hits[i].score, score_of(metric, query, rows + found->hits[i].row * dim, dim), 1e-5);
        NEAR(found->hits[i].score, all[i], tolerance);
        CHECK(i == 0 || topk_before(found->hits[i - 1], found->hits[i]));
    }
    NEAR(found->asked_scores[0], score_of(metric, query, rows + found->asked[0] * dim, dim), 1e-5);
    if (!isnan(found->apart_scores[0]))
        NEAR(found->apart_scores[0], score_of(metric, query, rows + found->apart[0] * dim, dim), 1e-5);
    free(all);
}

static void check(const char *kind, enum index_metric metric, size_t n, size_t dim, float size)
{
    enum { N = 20, K = 10 };
    struct arena arena = {0};
    float *rows = arena_array(&arena, n * dim, sizeof *rows), *queries = arena_array(&arena, N * dim, sizeof *queries), vector[70];
    for (size_t i = 0; i < n * dim; i++)
        rows[i] = size * noise(dim, i) * (1 + (float)(i / dim % 7));
    for (size_t i = 0; i < N * dim; i++)
        queries[i] = size * noise(dim + 1, i);
    memset(rows + 5 * dim, 0, dim * sizeof *rows);
    memset(queries, 0, dim * sizeof *queries);
    memcpy(queries + dim, rows + 7 * dim, dim * sizeof *rows);
    struct index *index = index_built(kind, metric, rows, n, dim, 2, 0.99, index_path("unit_index_metric"));
    index->leaves = SIZE_MAX;
    uint64_t *allowed = arena_zeros(&arena, n / 64 + 1, sizeof *allowed);
    for (size_t i = 0; i < n; i++)
        allowed[i / 64] |= (uint64_t)(i % 3 != 0) << (i % 64);
    struct topk_query *found = arena_zeros(&arena, N, sizeof *found);
    static const uint32_t one = 11, other = 5;
    for (size_t q = 0; q < N; q++)
        found[q] = (struct topk_query){.allowed = q % 2 != 0 ? allowed : NULL, .apart = &one, .n_apart = 1, .asked = &other, .n_asked = 1,
                                       .apart_scores = arena_array(&arena, 1, sizeof(float)), .asked_scores = arena_array(&arena, 1, sizeof(float)),
                                       .hits = arena_array(&arena, K, sizeof *found->hits)};
    struct pool *pool = pool_new(2);
    index_search(index, 1, queries, found, N, K, pool, &arena);
    // Of a few numbers a vector, bytes cannot tell the best ten from the next ones.
    for (size_t q = 0; q < N; q++)
        check_list(&found[q], metric, queries + q * dim, rows, n, dim, K, strcmp(kind, "flat") == 0 ? 2e-5 : dim > 5 ? 2e-3 : HUGE_VAL);
    if (metric == INDEX_L2 && dim > 5) {
        EQUAL(found[1].hits[0].row, 7);
        NEAR(found[1].hits[0].score, 0, 1e-9);
    }
    index_vector(index, 7, vector);
    double length = metric == INDEX_COSINE ? sqrt(-score_of(INDEX_L2, queries, rows + 7 * dim, dim)) : (double)size;
    for (size_t i = 0; i < dim; i++)
        NEAR(vector[i] / (metric == INDEX_COSINE ? 1 : size), rows[7 * dim + i] / length, 1e-5);
    pool_free(pool);
    arena_free(&arena);
    remove(index_path("unit_index_metric"));
}

static void flat(void)
{
    static const size_t dims[] = {1, 2, 5, 64, 67};
    for (size_t i = 0; i < 5; i++)
        for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++)
            check("flat", (enum index_metric)metric, 300, dims[i], 1);
}

static void flat_through_bytes(void)
{
    for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++)
        check("flat", (enum index_metric)metric, 10000, 6, 1);
}

static void ivf(void)
{
    static const size_t dims[] = {1, 2, 5, 64, 67};
    for (size_t i = 0; i < 5; i++)
        for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++)
            check("ivf", (enum index_metric)metric, 700, dims[i], 1);
}

// A length whose square is no float is a length all the same.
static void cosines_of_numbers_of_any_size(void)
{
    static const float sizes[] = {1e-40f, 1e-25f, 1e17f, 1e25f, 1e37f};
    for (size_t i = 0; i < 5; i++) {
        check("flat", INDEX_COSINE, 300, 5, sizes[i]);
        check("ivf", INDEX_COSINE, 700, 67, sizes[i]);
    }
}

// Recall is measured by rows as queries, and found again by other queries of their kind; also where bytes of few numbers do not reach it.
static void check_recall(enum index_metric metric, size_t n, size_t dim, double recall, float size)
{
    enum { N = 200, K = 10 };
    struct arena arena = {0};
    float *rows = arena_array(&arena, n * dim, sizeof *rows), *queries = arena_array(&arena, N * dim, sizeof *queries);
    for (size_t i = 0; i < n * dim; i++)
        rows[i] = size * noise(dim, i);
    for (size_t i = 0; i < N * dim; i++)
        queries[i] = noise(dim + 1, i);
    struct index *index = index_built("ivf", metric, rows, n, dim, 2, recall, index_path("unit_index_metric"));
    struct topk_query *found = arena_zeros(&arena, N, sizeof *found);
    for (size_t q = 0; q < N; q++)
        found[q].hits = arena_array(&arena, K, sizeof *found->hits);
    struct pool *pool = pool_new(2);
    index_search(index, 1, queries, found, N, K, pool, &arena);
    double *all = arena_array(&arena, n, sizeof *all);
    size_t same = 0;
    for (size_t q = 0; q < N; q++) {
        for (size_t r = 0; r < n; r++)
            all[r] = score_of(metric, queries + q * dim, rows + r * dim, dim);
        qsort(all, n, sizeof *all, falling);
        EQUAL(found[q].n_hits, K);
        for (size_t i = 0; i < K; i++)
            same += found[q].hits[i].score >= all[K - 1] - 1e-6 * (fabs(all[K - 1]) + 1e-3 * (double)size);
    }
    // Of 2,000 places, and the sample's 512 x 10.
    CHECK((double)same / (N * K) >= recall - 0.03);
    pool_free(pool);
    arena_free(&arena);
    remove(index_path("unit_index_metric"));
}

static void recall_is_kept(void)
{
    static const size_t dims[] = {1, 3, 40, 600};
    for (size_t i = 0; i < 4; i++)
        for (int metric = INDEX_INNER; metric <= INDEX_L2; metric++)
            check_recall((enum index_metric)metric, 2000, dims[i], 0.95, 1);
    // Rows that are much smaller than queries.
    check_recall(INDEX_INNER, 2000, 33, 0.95, 1e-17f);
}

static void heads_by_distance(void)
{
    float rows[] = {0, 0, 5, 5, 1, 0, 9, 9}, queries[] = {0, 1, 9, 8};
    struct index *index = index_built("flat", INDEX_L2, rows, 4, 2, 1, 1, index_path("unit_index_metric"));
    struct topk_hit hits[4];
    struct topk_query asked = {.hits = hits};
    struct arena arena = {0};
    struct pool *pool = pool_new(1);
    index_search(index, 2, queries, &asked, 1, 4, pool, &arena);
    static const uint32_t wanted[] = {0, 3, 2, 1};
    for (size_t i = 0; i < 4; i++)
        EQUAL(hits[i].row, wanted[i]);
    NEAR(hits[2].score, -2, 1e-6);
    pool_free(pool);
    arena_free(&arena);
    remove(index_path("unit_index_metric"));
}

static void too_large(void)
{
    float small[2] = {1, 1}, row[2] = {1e30f, 1e30f};
    struct index *index = index_new("candidate", index_kind("ivf"), "items", 2);
    index_set_metric(index, INDEX_L2);
    index_put(index, small, 1, NULL, NULL);
    index_put(index, row, 1, NULL, NULL);
}

static void squares_that_are_no_floats(void)
{
    COMPLAINS(3, "row 1: numbers too large for the metric l2", too_large);
}

UNIT_MAIN(UNIT(flat), UNIT(flat_through_bytes), UNIT(cosines_of_numbers_of_any_size), UNIT(ivf), UNIT(recall_is_kept), UNIT(heads_by_distance),
          UNIT(squares_that_are_no_floats))
