// Against sorting everything. Vectors are small whole numbers, so products are exact whichever kernel makes them, and ties abound.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/math/topk.h"
#include "tests/unit.h"

static float whole(uint64_t seed, size_t i)
{
    return (float)rng_below(rng_bits(seed, 7, i), 7) - 3;
}

static float *vectors_new(uint64_t seed, size_t n)
{
    float *x = memory_aligned(n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = whole(seed, i);
    return x;
}

static float product(const float *a, const float *b, size_t dim)
{
    float sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += a[i] * b[i];
    return sum;
}

static int by_place(const void *a, const void *b)
{
    const struct topk_hit *x = a, *y = b;
    return topk_before(*x, *y) ? -1 : topk_before(*y, *x);
}

static bool has(const uint32_t *rows, size_t n, uint32_t row)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i] == row)
            return true;
    return false;
}

// NULL for query 0; of 2, 5, ... no row, of 1, 4, ... a few, and the last one, of 3, 6, ... every second.
static const uint64_t *allowed_of(size_t q, size_t m, struct arena *arena)
{
    if (q == 0)
        return NULL;
    uint64_t *words = arena_zeros(arena, m / 64 + 1, sizeof *words);
    for (size_t i = q; i < m && q % 3 != 2; i += q % 3 == 0 ? 2 : 1501)
        words[i / 64] |= (uint64_t)1 << i % 64;
    if (m > 0 && q % 3 == 1)
        words[(m - 1) / 64] |= (uint64_t)1 << (m - 1) % 64;
    return words;
}

// Every third row from the query's number on stays apart; every fifth is asked for, twice, of the first two queries none.
static void compare(size_t n, size_t m, size_t dim, size_t k, size_t n_blocks, bool barred, struct pool *pool)
{
    struct arena arena = {0};
    float *queries = vectors_new(1, n * dim), *items = vectors_new(2, m * dim);
    struct topk_block *blocks = arena_array(&arena, n_blocks, sizeof *blocks);
    for (size_t b = 0, at = 0; b < n_blocks; b++) {
        size_t end = m * (b + 1) / n_blocks;
        blocks[b] = (struct topk_block){items + at * dim, end - at};
        at = end;
    }
    struct topk_query *asked = arena_zeros(&arena, n, sizeof *asked);
    for (size_t q = 0; q < n; q++) {
        uint32_t *apart = arena_array(&arena, m, sizeof *apart), *wanted = arena_array(&arena, 2 * m, sizeof *wanted);
        for (size_t i = q; i < m && q % 2 == 0; i += 3)
            apart[asked[q].n_apart++] = (uint32_t)i;
        asked[q].allowed = allowed_of(q + barred, m, &arena);
        for (size_t i = q; i < m && (q > 1 || !barred); i += 5) {
            wanted[asked[q].n_asked++] = (uint32_t)i;
            wanted[asked[q].n_asked++] = (uint32_t)i;
        }
        asked[q].apart = apart;
        asked[q].asked = wanted;
        asked[q].apart_scores = arena_array(&arena, m, sizeof(float));
        asked[q].asked_scores = arena_array(&arena, 2 * m, sizeof(float));
        asked[q].hits = arena_array(&arena, k, sizeof(struct topk_hit));
    }
    topk_inner(queries, asked, n, blocks, n_blocks, dim, k, pool, &arena);

    struct topk_hit *all = arena_array(&arena, m, sizeof *all), *merged = arena_array(&arena, m + k, sizeof *merged);
    for (size_t q = 0; q < n; q++) {
        size_t left = 0;
        for (size_t i = 0; i < m; i++)
            if (topk_allows(&asked[q], i) && !has(asked[q].apart, asked[q].n_apart, (uint32_t)i))
                all[left++] = (struct topk_hit){(uint32_t)i, product(queries + q * dim, items + i * dim, dim)};
        qsort(all, left, sizeof *all, by_place);
        EQUAL(asked[q].n_hits, left < k ? left : k);
        for (size_t i = 0; i < asked[q].n_hits; i++) {
            EQUAL(asked[q].hits[i].row, all[i].row);
            CHECK(asked[q].hits[i].score == all[i].score);
        }
        for (size_t i = 0; i < asked[q].n_asked; i++)
            CHECK(asked[q].asked_scores[i] == product(queries + q * dim, items + asked[q].asked[i] * dim, dim));
        for (size_t i = 0; i < asked[q].n_apart; i++)
            CHECK(topk_allows(&asked[q], asked[q].apart[i]) ?
                  asked[q].apart_scores[i] == product(queries + q * dim, items + asked[q].apart[i] * dim, dim) : isnan(asked[q].apart_scores[i]));

        // The merged list is the beginning of the list of all rows that are allowed, until it has the k hits.
        size_t may = 0;
        for (size_t i = 0; i < m; i++)
            if (topk_allows(&asked[q], i))
                all[may++] = (struct topk_hit){(uint32_t)i, product(queries + q * dim, items + i * dim, dim)};
        qsort(all, may, sizeof *all, by_place);
        size_t length = topk_merged(&asked[q], k, merged, &arena), fresh = 0, wanted = 0;
        while (wanted < may && fresh < k)
            fresh += !has(asked[q].apart, asked[q].n_apart, all[wanted++].row);
        EQUAL(length, wanted);
        for (size_t i = 0; i < length; i++)
            EQUAL(merged[i].row, all[i].row);
    }
    arena_free(&arena);
    free(queries);
    free(items);
}

static void sizes(size_t threads)
{
    static const size_t ns[] = {0, 1, 3, 4, 65}, ms[] = {0, 1, 63, 64, 65, 1000, 1025, 2100}, dims[] = {1, 3, 16, 33}, ks[] = {1, 7, 100, 5000};
    struct pool *pool = pool_new(threads);
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 8; b++)
            for (size_t c = 0; c < 4; c++)
                for (int barred = 0; barred < 2; barred++)
                    compare(ns[a], ms[b], dims[(a + b + c) % 4], ks[c], 1 + (a + b + c) % 3, barred, pool);
    pool_free(pool);
}

static void one_thread(void)
{
    sizes(1);
}

static void three_threads(void)
{
    sizes(3);
}

// Few queries and many tiles: the tiles are dealt out to the threads.
static void ranges_of_one_query(void)
{
    struct pool *pool = pool_new(3);
    compare(1, 70000, 3, 50, 2, false, pool);
    compare(1, 70000, 3, 50, 2, true, pool);
    compare(5, 70000, 2, 300, 1, false, pool);
    compare(5, 70000, 2, 300, 1, true, pool);
    pool_free(pool);
}

static void not_a_number_is_in_no_list(void)
{
    float items[] = {1, NAN, 3, -INFINITY, INFINITY, 2, NAN}, query = 1;
    struct topk_hit hits[7];
    struct topk_query asked = {.hits = hits};
    struct topk_block block = {items, 7};
    struct arena arena = {0};
    struct pool *pool = pool_new(1);
    topk_inner(&query, &asked, 1, &block, 1, 1, 7, pool, &arena);
    EQUAL(asked.n_hits, 5);
    static const uint32_t wanted[] = {4, 2, 5, 0, 3};
    for (size_t i = 0; i < 5; i++)
        EQUAL(hits[i].row, wanted[i]);
    pool_free(pool);
    arena_free(&arena);
}

static void minus_zero_is_zero(void)
{
    float items[] = {-1, 1, -1, 1}, query = 0;
    struct topk_hit hits[4];
    struct topk_query asked = {.hits = hits};
    struct topk_block block = {items, 4};
    struct arena arena = {0};
    struct pool *pool = pool_new(1);
    topk_inner(&query, &asked, 1, &block, 1, 1, 4, pool, &arena);
    for (size_t i = 0; i < 4; i++) {
        EQUAL(hits[i].row, i);
        CHECK(!signbit(hits[i].score));
    }
    pool_free(pool);
    arena_free(&arena);
}

// Numbers whose products are not exact.
static float *any_numbers(uint64_t seed, size_t n, float offset, struct arena *arena)
{
    float *x = arena_array(arena, n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_unit(rng_bits(seed, 1, i)) - 0.5f + offset;
    return x;
}

// Lists of the rows in these blocks, and the scores of all rows.
static struct topk_query *lists_of(const float *vectors, size_t n, const struct topk_block *blocks, size_t n_blocks, size_t m,
                                   const struct scoring *by, size_t k, struct pool *pool, struct arena *arena)
{
    uint32_t *all = arena_array(arena, m, sizeof *all);
    struct topk_query *lists = arena_zeros(arena, n, sizeof *lists);
    for (size_t i = 0; i < m; i++)
        all[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++)
        lists[i] = (struct topk_query){.asked = all, .n_asked = m, .asked_scores = arena_array(arena, m, sizeof(float)),
                                       .hits = arena_array(arena, k, sizeof *lists[i].hits)};
    topk_search(vectors, lists, n, blocks, n_blocks, by, k, pool, arena);
    return lists;
}

// What TFRS's rank_noise is about. The second half of the rows are copies of the first: they tie wherever they lie, a list has the best of all scores,
// and a query has the same list, to the bit, alone and in any company, of rows in one block or in two.
static void compare_company(size_t n, size_t m, const struct scoring *by, float offset, struct pool *pool)
{
    enum { K = 20 };
    struct arena arena = {0};
    size_t dim = by->width, half = m / 2, cut = m / 3;
    float *queries = any_numbers(3, n * dim, offset, &arena), *items = any_numbers(4, m * dim, offset, &arena);
    for (size_t i = half; i < 2 * half; i++)
        memcpy(items + i * dim, items + (i - half) * dim, dim * sizeof *items);
    for (size_t i = 0; i < n && by->near > 0; i++)
        queries[i * dim + by->near] = 1;
    for (size_t i = 0; i < m && by->near > 0; i++)
        items[i * dim + by->near] = -product(items + i * dim, items + i * dim, by->near) / 2;
    struct topk_block whole = {items, m}, two[] = {{items, cut}, {items + cut * dim, m - cut}};
    struct topk_query *lists = lists_of(queries, n, &whole, 1, m, by, K, pool, &arena), *parted = lists_of(queries, n, two, 2, m, by, K, pool, &arena);
    struct topk_hit *all = arena_array(&arena, m, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        const struct topk_query *alone = lists_of(queries + i * dim, 1, &whole, 1, m, by, K, pool, &arena);
        for (size_t r = 0; r < m; r++) {
            all[r] = (struct topk_hit){(uint32_t)r, lists[i].asked_scores[r]};
            CHECK(all[r].score == alone->asked_scores[r] && all[r].score == parted[i].asked_scores[r]);
            CHECK(r < half || r >= 2 * half || all[r].score == all[r - half].score);
        }
        qsort(all, m, sizeof *all, by_place);
        for (size_t j = 0; j < K; j++) {
            EQUAL(lists[i].hits[j].row, all[j].row);
            EQUAL(alone->hits[j].row, all[j].row);
            EQUAL(parted[i].hits[j].row, all[j].row);
            CHECK(lists[i].hits[j].score == all[j].score && alone->hits[j].score == all[j].score && parted[i].hits[j].score == all[j].score);
        }
    }
    arena_free(&arena);
}

static void a_score_is_of_two_vectors_alone(void)
{
    static const size_t ns[] = {1, 3, 4, 5, 8, 70}, ms[] = {65, 501, 1024, 2101}, dims[] = {1, 2, 17, 32, 33, 64, 100};
    struct pool *pool = pool_new(2);
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 4; b++)
            for (size_t c = 0; c < 7; c++)
                compare_company(ns[a], ms[b], &(struct scoring){.width = dims[c]}, 0, pool);
    pool_free(pool);
}

// Far from the origin the products are so much larger than the distances that they hardly know them.
static void the_nearest_are_found_far_from_the_origin(void)
{
    struct pool *pool = pool_new(2);
    static const float offsets[] = {0, 30, 3000};
    for (size_t n = 1; n < 40; n += 19)
        for (size_t i = 0; i < 3; i++)
            compare_company(n, 1501, &(struct scoring){.width = 9, .near = 8}, offsets[i], pool);
    pool_free(pool);
}

// Products that are no floats, one way of adding them up: each row is scored by itself.
static void numbers_of_any_size(void)
{
    enum { N = 5, M = 9 };
    static const float sizes[M] = {1e-30f, 1, 1e19f, 3e38f, 1e-45f, 0, -1e30f, 1e15f, -1};
    float queries[2 * N], items[2 * M];
    struct topk_query lists[N] = {0};
    struct topk_hit hits[N][M];
    struct arena arena = {0};
    struct pool *pool = pool_new(1);
    for (size_t i = 0; i < M; i++)
        items[2 * i] = items[2 * i + 1] = sizes[i];
    for (size_t i = 0; i < N; i++) {
        queries[2 * i] = queries[2 * i + 1] = sizes[i];
        lists[i].hits = hits[i];
    }
    topk_inner(queries, lists, N, &(struct topk_block){items, M}, 1, 2, M, pool, &arena);
    for (size_t i = 0; i < N; i++) {
        EQUAL(lists[i].n_hits, M);
        for (size_t j = 0; j < M; j++)
            CHECK(hits[i][j].score == product(queries + 2 * i, items + 2 * hits[i][j].row, 2));
    }
    pool_free(pool);
    arena_free(&arena);
}

UNIT_MAIN(UNIT(one_thread), UNIT(three_threads), UNIT(ranges_of_one_query), UNIT(not_a_number_is_in_no_list), UNIT(minus_zero_is_zero),
          UNIT(a_score_is_of_two_vectors_alone), UNIT(the_nearest_are_found_far_from_the_origin),
          UNIT(numbers_of_any_size))
