#include "common/base/rng.h"
#include "common/index/index.h"
#include "common/math/topk.h"
#include "tests/unit.h"

enum { ROWS = 300, DIM = 5, QUERIES = 7, K = 12 };

static float items[ROWS * DIM], vectors[QUERIES * 4 * DIM];

static void flat(const struct index *index, const float *of_queries, struct topk_query *queries, size_t n, size_t k, struct pool *pool,
                 struct arena *scratch)
{
    struct topk_block block = {items, index->rows};
    topk_inner(of_queries, queries, n, &block, 1, index->dim, k, pool, scratch);
}

static const struct index_kind kind = {.name = "test", .search = flat};

static double score_of(size_t query, size_t heads, size_t row)
{
    double best = -INFINITY;
    for (size_t h = 0; h < heads; h++) {
        double score = 0;
        for (size_t j = 0; j < DIM; j++)
            score += (double)vectors[(query * heads + h) * DIM + j] * (double)items[row * DIM + j];
        best = fmax(best, score);
    }
    return best;
}

static void check(size_t rows, size_t heads, size_t k, struct pool *pool)
{
    struct arena arena = {0};
    struct index index = {.kind = &kind, .dim = DIM, .rows = rows, .state = &index};
    struct topk_hit hits[QUERIES][K];
    float apart_scores[QUERIES][2], asked_scores[QUERIES][1];
    uint32_t apart[] = {0, (uint32_t)rows - 1}, asked[] = {(uint32_t)rows / 2};
    struct topk_query queries[QUERIES];
    for (size_t i = 0; i < QUERIES; i++)
        queries[i] = (struct topk_query){.apart = apart, .n_apart = 2, .apart_scores = apart_scores[i], .asked = asked, .n_asked = 1,
                                         .asked_scores = asked_scores[i], .hits = hits[i]};
    index_search(&index, heads, vectors, queries, QUERIES, k, pool, &arena);
    for (size_t i = 0; i < QUERIES; i++) {
        EQUAL(queries[i].n_hits, k < rows - 2 ? k : rows - 2);
        NEAR(apart_scores[i][0], score_of(i, heads, 0), 1e-5);
        NEAR(apart_scores[i][1], score_of(i, heads, rows - 1), 1e-5);
        NEAR(asked_scores[i][0], score_of(i, heads, rows / 2), 1e-5);
        for (size_t j = 0; j < queries[i].n_hits; j++) {
            double score = score_of(i, heads, hits[i][j].row);
            size_t before = 0;
            NEAR(hits[i][j].score, score, 1e-5);
            for (size_t r = 1; r < rows - 1; r++)
                before += score_of(i, heads, r) > score;
            EQUAL(before, j);
        }
    }
    arena_free(&arena);
}

static void the_best_head_counts(void)
{
    struct pool *pool = pool_new(2);
    for (size_t i = 0; i < ROWS * DIM; i++)
        items[i] = (float)(2 * rng_unit(rng_bits(1, 0, i)) - 1);
    for (size_t i = 0; i < QUERIES * 4 * DIM; i++)
        vectors[i] = (float)(2 * rng_unit(rng_bits(2, 0, i)) - 1);
    for (size_t heads = 1; heads <= 4; heads++) {
        check(ROWS, heads, K, pool);
        check(ROWS, heads, 1, pool);
        check(9, heads, K, pool);
    }
    pool_free(pool);
}

UNIT_MAIN(UNIT(the_best_head_counts))
