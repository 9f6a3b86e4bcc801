// Built into a file, mapped, and compared with the exact answers. Numbers are whole, so products are exact.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/index/index.h"
#include "tests/indexes.h"
#include "tests/unit.h"

// Rows around 50 centres, of different lengths.
static float *rows_new(struct arena *arena, size_t rows, size_t dim, uint64_t seed)
{
    float *x = arena_array(arena, rows * dim + 1, sizeof *x);
    for (size_t r = 0; r < rows; r++) {
        size_t centre = rng_below(rng_bits(seed, r, 1), 50), length = 1 + rng_below(rng_bits(seed, r, 2), 3);
        for (size_t i = 0; i < dim; i++)
            x[r * dim + i] = (float)length * ((float)rng_below(rng_bits(7, centre, i), 41) - 20 + (float)rng_below(rng_bits(seed, r, 3 + i), 61) - 30);
    }
    return x;
}

static struct index *built(const float *vectors, size_t rows, size_t dim, size_t threads, double recall, const char *path)
{
    return index_built("ivf", INDEX_INNER, vectors, rows, dim, threads, recall, path);
}

static const char *a_path(void)
{
    return index_path("unit_ivf");
}

static bool has(const struct topk_hit *hits, size_t n, uint32_t row)
{
    for (size_t i = 0; i < n; i++)
        if (hits[i].row == row)
            return true;
    return false;
}

// Searches for what `like` says of each query; returns the recall, and checks what must hold in any case.
static double recall_of(const struct index *index, const float *rows, const float *queries, const struct topk_query *like, size_t n, size_t k,
                        size_t threads)
{
    struct arena arena = {0};
    struct pool *pool = pool_new(threads);
    struct topk_query *found = arena_array(&arena, n, sizeof *found), *wanted = arena_array(&arena, n, sizeof *wanted);
    struct topk_block block = {rows, index->rows};
    size_t same = 0, all = 0;
    for (size_t q = 0; q < n; q++) {
        found[q] = wanted[q] = like[q];
        found[q].hits = arena_array(&arena, k, sizeof *found[q].hits);
        wanted[q].hits = arena_array(&arena, k, sizeof *wanted[q].hits);
        found[q].apart_scores = arena_array(&arena, like[q].n_apart, sizeof(float));
        wanted[q].apart_scores = arena_array(&arena, like[q].n_apart, sizeof(float));
        found[q].asked_scores = arena_array(&arena, like[q].n_asked, sizeof(float));
        wanted[q].asked_scores = arena_array(&arena, like[q].n_asked, sizeof(float));
    }
    index_search(index, 1, queries, found, n, k, pool, &arena);
    topk_inner(queries, wanted, n, &block, 1, index->dim, k, pool, &arena);
    for (size_t q = 0; q < n; q++) {
        EQUAL(found[q].n_hits, wanted[q].n_hits);
        for (size_t i = 0; i < found[q].n_hits; i++) {
            struct topk_hit hit = found[q].hits[i];
            float score = 0;
            for (size_t d = 0; d < index->dim; d++)
                score += queries[q * index->dim + d] * rows[hit.row * index->dim + d];
            CHECK(hit.score == score);
            CHECK(i == 0 || topk_before(found[q].hits[i - 1], hit));
            CHECK(topk_allows(&like[q], hit.row));
            for (size_t a = 0; a < like[q].n_apart; a++)
                CHECK(like[q].apart[a] != hit.row);
            // A row of the same score as the last one is as good.
            same += hit.score >= wanted[q].hits[wanted[q].n_hits - 1].score || has(wanted[q].hits, wanted[q].n_hits, hit.row);
        }
        all += wanted[q].n_hits;
        for (size_t a = 0; a < like[q].n_apart; a++)
            CHECK(found[q].apart_scores[a] == wanted[q].apart_scores[a] || isnan(wanted[q].apart_scores[a]));
        for (size_t a = 0; a < like[q].n_asked; a++)
            CHECK(found[q].asked_scores[a] == wanted[q].asked_scores[a]);
    }
    pool_free(pool);
    arena_free(&arena);
    return all == 0 ? 1 : (double)same / (double)all;
}

enum { N = 200, ROWS = 20000, DIM = 13 };

static void recall_is_what_was_asked_for(void)
{
    struct arena arena = {0};
    float *rows = rows_new(&arena, ROWS, DIM, 1), *queries = rows_new(&arena, N, DIM, 2);
    struct topk_query *like = arena_zeros(&arena, N, sizeof *like);
    struct index *index = built(rows, ROWS, DIM, 2, 0.9, a_path());
    double first = recall_of(index, rows, queries, like, N, 10, 2);
    CHECK(first > 0.85 && first < 0.97);  // 200 queries of 10: two deviations are 0.02
    CHECK(fabs(recall_of(index, rows, queries, like, N, 100, 2) - 0.9) < 0.05);
    CHECK(fabs(recall_of(index, rows, queries, like, N, 30, 2) - 0.9) < 0.05);
    CHECK(fabs(recall_of(index, rows, queries, like, N, 300, 2) - 0.9) < 0.05);
    CHECK(fabs(recall_of(index, rows, queries, like, N, 2000, 2) - 0.9) < 0.05);
    index->recall = 0.99;
    CHECK(recall_of(index, rows, queries, like, N, 10, 1) > 0.97);
    CHECK(recall_of(index, rows, queries, like, N, 100, 1) > 0.97);
    index->leaves = 1;
    CHECK(recall_of(index, rows, queries, like, N, 10, 1) < 0.7);
    index->leaves = SIZE_MAX;
    CHECK(recall_of(index, rows, queries, like, N, 10, 3) > 0.999);
    EQUAL(recall_of(index, rows, queries, like, 2, ROWS, 1), 1);
    arena_free(&arena);
    remove(a_path());
}

static void filters_hold_and_keep_recall(void)
{
    struct arena arena = {0};
    float *rows = rows_new(&arena, ROWS, DIM, 1), *queries = rows_new(&arena, N, DIM, 3);
    struct topk_query *like = arena_zeros(&arena, N, sizeof *like);
    struct index *index = built(rows, ROWS, DIM, 1, 0.95, a_path());
    static const double shares[] = {0.9, 0.3, 0.1, 0.03, 0.01, 0.001, 0.0001, 0};
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        uint64_t *allowed = arena_zeros(&arena, ROWS / 64 + 1, sizeof *allowed);
        for (size_t i = 0; i < ROWS; i++)
            allowed[i / 64] |= (uint64_t)(rng_unit(rng_bits(9, s, i)) < shares[s]) << (i % 64);
        for (size_t q = 0; q < N; q++)
            like[q].allowed = q % 5 != 0 ? allowed : NULL;
        CHECK(recall_of(index, rows, queries, like, N, 10, 2) > 0.92);
    }
    // One cluster alone, for which most queries lie on the wrong side.
    uint64_t *cluster = arena_zeros(&arena, ROWS / 64 + 1, sizeof *cluster);
    for (size_t i = 0; i < ROWS; i++)
        cluster[i / 64] |= (uint64_t)(rng_below(rng_bits(1, i, 1), 50) < 3) << (i % 64);
    for (size_t q = 0; q < N; q++)
        like[q].allowed = cluster;
    CHECK(recall_of(index, rows, queries, like, N, 10, 1) > 0.92);
    arena_free(&arena);
    remove(a_path());
}

static void rows_apart_and_rows_asked_for(void)
{
    struct arena arena = {0};
    float *rows = rows_new(&arena, ROWS, DIM, 1), *queries = rows_new(&arena, N, DIM, 4);
    struct topk_query *like = arena_zeros(&arena, N, sizeof *like);
    struct index *index = built(rows, ROWS, DIM, 1, 0.95, a_path());
    for (size_t q = 0; q < N; q++) {
        uint32_t *apart = arena_array(&arena, ROWS, sizeof *apart);
        for (size_t i = q; i < ROWS; i += 1 + q * 20)
            apart[like[q].n_apart++] = (uint32_t)i;
        like[q].apart = like[q].asked = apart;
        like[q].n_asked = like[q].n_apart / 2;
    }
    CHECK(recall_of(index, rows, queries, like, N, 10, 1) > 0.92);
    arena_free(&arena);
    remove(a_path());
}

static void sizes(void)
{
    static const size_t ns[] = {0, 1, 2, 15, 16, 17, 100, 1000}, dims[] = {1, 2, 5, 64, 67};
    for (size_t i = 0; i < 8; i++) {
        struct arena arena = {0};
        size_t dim = dims[i % 5];
        float *rows = rows_new(&arena, ns[i], dim, 1), *queries = rows_new(&arena, 3, dim, 4);
        struct topk_query *like = arena_zeros(&arena, 3, sizeof *like);
        struct index *index = built(rows, ns[i], dim, 2, 1, a_path());
        memset(queries, 0, dim * sizeof *queries);
        CHECK(recall_of(index, rows, queries, like, 3, 10, 2) > 0.99);
        EQUAL(recall_of(index, rows, queries, like, 0, 10, 2), 1);
        arena_free(&arena);
    }
    remove(a_path());
}

static void copies_of_one_vector(void)
{
    struct arena arena = {0};
    enum { COPIES = 3000 };
    float *rows = rows_new(&arena, COPIES, 4, 1), *queries = rows_new(&arena, 5, 4, 2);
    struct topk_query *like = arena_zeros(&arena, 5, sizeof *like);
    for (size_t i = 4; i < (COPIES - 100) * 4; i++)
        rows[i] = rows[i % 4];
    memset(rows + (COPIES - 50) * 4, 0, 50 * 4 * sizeof *rows);
    struct index *index = built(rows, COPIES, 4, 1, 0.95, a_path());
    index->leaves = SIZE_MAX;
    EQUAL(recall_of(index, rows, queries, like, 5, 10, 1), 1);
    arena_free(&arena);
    remove(a_path());
}

static char *bytes_of(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *bytes = memory_aligned(4 << 20, 1);
    CHECK(file != NULL);
    *n = fread(bytes, 1, 4 << 20, file);
    fclose(file);
    return bytes;
}

static void threads_change_no_byte(void)
{
    struct arena arena = {0};
    float *rows = rows_new(&arena, ROWS, DIM, 1);
    size_t n, m;
    built(rows, ROWS, DIM, 1, 0.95, a_path());
    char *one = bytes_of(a_path(), &n);
    built(rows, ROWS, DIM, 3, 0.95, a_path());
    char *three = bytes_of(a_path(), &m);
    EQUAL(n, m);
    CHECK(n > ROWS * DIM * 4 && memcmp(one, three, n) == 0);
    free(one);
    free(three);
    arena_free(&arena);
    remove(a_path());
}

// Whatever the company and the filters of others, a query's list is the same.
static void alone_and_in_company(void)
{
    struct arena arena = {0};
    enum { K = 10 };
    float *rows = rows_new(&arena, ROWS, DIM, 1), *queries = rows_new(&arena, N, DIM, 5);
    struct index *index = built(rows, ROWS, DIM, 1, 0.95, a_path());
    struct pool *pool = pool_new(1);
    static const double shares[] = {0.5, 0.1, 0.03, 0.01, 0.001};
    const uint64_t *last = NULL;
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        uint64_t *allowed = arena_zeros(&arena, ROWS / 64 + 1, sizeof *allowed);
        for (size_t i = 0; i < ROWS; i++)
            allowed[i / 64] |= (uint64_t)(rng_unit(rng_bits(9, s, i)) < shares[s]) << (i % 64);
        struct topk_query *together = arena_zeros(&arena, N, sizeof *together), alone = {.hits = arena_array(&arena, K, sizeof *alone.hits)};
        for (size_t q = 0; q < N; q++) {
            together[q].hits = arena_array(&arena, K, sizeof *together[q].hits);
            together[q].allowed = q % 7 == 0 ? NULL : q % 3 == 0 ? last : allowed;
        }
        index_search(index, 1, queries, together, N, K, pool, &arena);
        for (size_t q = 0; q < N; q++) {
            alone.allowed = together[q].allowed;
            index_search(index, 1, queries + q * DIM, &alone, 1, K, pool, &arena);
            EQUAL(alone.n_hits, together[q].n_hits);
            CHECK(memcmp(alone.hits, together[q].hits, alone.n_hits * sizeof *alone.hits) == 0);
        }
        last = allowed;
    }
    pool_free(pool);
    arena_free(&arena);
    remove(a_path());
}

static void a_filter_that_allows_all(void)
{
    struct arena arena = {0};
    float *rows = rows_new(&arena, ROWS, DIM, 1), *queries = rows_new(&arena, N, DIM, 6);
    struct index *index = built(rows, ROWS, DIM, 1, 0.95, a_path());
    struct topk_query *like = arena_zeros(&arena, N, sizeof *like);
    uint64_t *allowed = arena_array(&arena, ROWS / 64 + 1, sizeof *allowed);
    memset(allowed, 0xff, (ROWS / 64 + 1) * sizeof *allowed);
    double without = recall_of(index, rows, queries, like, N, 1, 1);
    for (size_t q = 0; q < N; q++)
        like[q].allowed = allowed;
    CHECK(recall_of(index, rows, queries, like, N, 1, 1) == without);
    arena_free(&arena);
    remove(a_path());
}

static void a_number_that_is_too_large(void)
{
    float row[2] = {1, 1e16f};
    struct index *index = index_new("candidate", index_kind("ivf"), "items", 2);
    index_put(index, row, 1, NULL, NULL);
}

static void numbers_beyond_bounds(void)
{
    COMPLAINS(3, "row 0: number 1 is 1e+16, but an index of kind ivf has none above 1e+15: use --kind flat", a_number_that_is_too_large);
    struct arena arena = {0};
    float *rows = rows_new(&arena, 2000, 3, 1), queries[6] = {1e20f, 0, 0, 0, 1, 0};
    for (size_t i = 0; i < 3000; i++)
        rows[i] = 1e-30f;
    struct index *index = built(rows, 2000, 3, 1, 0.95, a_path());
    struct topk_query asked[2] = {{.hits = arena_array(&arena, 5, sizeof(struct topk_hit))}, {.hits = arena_array(&arena, 5, sizeof(struct topk_hit))}};
    struct pool *pool = pool_new(1);
    index_search(index, 1, queries, asked, 2, 5, pool, &arena);
    EQUAL(asked[0].n_hits, 5);
    CHECK(asked[0].hits[0].row >= 1000 && asked[0].hits[0].score > 1e20f);
    EQUAL(asked[1].n_hits, 5);
    pool_free(pool);
    arena_free(&arena);
    remove(a_path());
}

UNIT_MAIN(UNIT(recall_is_what_was_asked_for), UNIT(filters_hold_and_keep_recall), UNIT(rows_apart_and_rows_asked_for), UNIT(sizes),
          UNIT(copies_of_one_vector), UNIT(threads_change_no_byte), UNIT(alone_and_in_company), UNIT(a_filter_that_allows_all),
          UNIT(numbers_beyond_bounds))
