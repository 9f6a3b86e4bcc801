// Similar candidates against cosines of all pairs, over several stretches; diverse lists against their definition.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/index/mmr.h"
#include "common/index/similar.h"
#include "tests/unit.h"

static float *vectors_new(size_t n, size_t dim)
{
    float *x = memory_zeros(n * dim + 1, sizeof *x);
    for (size_t i = 0; i < n * dim; i++)
        x[i] = (float)rng_below(rng_bits(5, 9, i), 2001) / 1000 - 1;
    return x;
}

static double cosine(const float *a, const float *b, size_t dim)
{
    double product = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < dim; i++) {
        product += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return aa > 0 && bb > 0 ? product / sqrt(aa * bb) : 0;
}

// Every hit has its cosine, no row that is left out has a larger one.
static void check(size_t m, size_t dim, size_t k, bool some)
{
    struct arena arena = {0};
    float *vectors = vectors_new(m, dim);
    memset(vectors + (m - 1) * dim, 0, dim * sizeof *vectors);  // a vector of zeros
    struct index *index = index_flat_over(vectors, m, dim);
    struct pool *pool = pool_new(2);
    uint32_t rows[] = {0, (uint32_t)(m / 2), (uint32_t)(m - 1)};
    struct topk_query lists[3] = {{0}};
    uint64_t *allowed = arena_zeros(&arena, m / 64 + 1, sizeof *allowed);
    for (size_t i = 0; i < m; i += 3)
        allowed[i / 64] |= (uint64_t)1 << i % 64;
    for (size_t i = 0; i < 3; i++) {
        lists[i].hits = arena_array(&arena, k, sizeof *lists[i].hits);
        lists[i].allowed = some ? allowed : NULL;
    }
    similar_search(index, rows, lists, 3, k, pool, &arena);
    for (size_t i = 0; i < 3; i++) {
        size_t may = 0, before = 0;
        float last = INFINITY;
        for (size_t h = 0; h < lists[i].n_hits; h++) {
            struct topk_hit hit = lists[i].hits[h];
            CHECK(hit.row != rows[i] && topk_allows(&lists[i], hit.row) && hit.score <= last);
            NEAR(hit.score, cosine(vectors + rows[i] * dim, vectors + hit.row * dim, dim), 1e-5);
            last = hit.score;
        }
        for (size_t r = 0; r < m; r++) {
            may += r != rows[i] && topk_allows(&lists[i], r);
            before += r != rows[i] && topk_allows(&lists[i], r) &&
                      cosine(vectors + rows[i] * dim, vectors + r * dim, dim) > (double)last + 1e-5;
        }
        EQUAL(lists[i].n_hits, may < k ? may : k);
        CHECK(before <= lists[i].n_hits);
    }
    pool_free(pool);
    index_free(index);
    free(vectors);
    arena_free(&arena);
}

static void similar_by_cosine(void)
{
    check(1, 3, 5, false);
    check(2, 1, 1, false);
    check(101, 7, 10, false);
    check(101, 7, 200, true);
    check(40001, 64, 10, true);   // three stretches
    check(40001, 64, 10, false);
}

static void tiny_and_huge_vectors_have_directions(void)
{
    float vectors[] = {3e38f, 3e38f, 1e-44f, 0, 1, 1}, out[2];
    struct index *index = index_flat_over(vectors, 3, 2);
    index_direction(index, 0, out);
    NEAR(out[0], 0.70710678, 1e-6);
    index_direction(index, 1, out);
    NEAR(out[0], 1, 1e-6);
    EQUAL(out[1], 0);
    index_free(index);
}

static void diverse_by_definition(void)
{
    enum { N = 31, DIM = 5 };
    float *vectors = vectors_new(N, DIM);
    struct index *index = index_flat_over(vectors, N, DIM);
    struct topk_hit hits[N], before[N];
    struct arena arena = {0};
    for (uint32_t i = 0; i < N; i++)
        before[i] = hits[i] = (struct topk_hit){(i * 7) % N, (float)(N - i)};
    double lambda = 0.6;
    mmr_order(index, lambda, hits, N, &arena);
    for (size_t place = 0; place < N; place++) {
        double best = -INFINITY;
        uint32_t row = 0;
        for (size_t i = 0; i < N; i++) {
            double nearest = -1, relevance = ((double)before[i].score - 1) / (N - 1);
            bool gone = false;
            for (size_t j = 0; j < place; j++) {
                double c = cosine(vectors + before[i].row * DIM, vectors + hits[j].row * DIM, DIM);
                nearest = c > nearest ? c : nearest;
                gone |= hits[j].row == before[i].row;
            }
            double value = lambda * relevance - (1 - lambda) * nearest;
            if (!gone && value > best) {
                best = value;
                row = before[i].row;
            }
        }
        EQUAL(hits[place].row, row);
        NEAR(hits[place].score, best, 1e-5);
        CHECK(place == 0 || hits[place].score <= hits[place - 1].score);
    }
    mmr_order(index, 0.5, hits, 0, &arena);
    arena_free(&arena);
    index_free(index);
    free(vectors);
}

static void relevance_alone_keeps_the_order(void)
{
    float vectors[] = {1, 1, 1, 1};
    struct index *index = index_flat_over(vectors, 4, 1);
    struct topk_hit hits[] = {{3, 2}, {1, 2}, {0, 2}, {2, 2}};
    struct arena arena = {0};
    mmr_order(index, 1, hits, 4, &arena);
    static const uint32_t wanted[] = {3, 1, 0, 2};
    for (size_t i = 0; i < 4; i++)
        EQUAL(hits[i].row, wanted[i]);
    arena_free(&arena);
    index_free(index);
}

UNIT_MAIN(UNIT(similar_by_cosine), UNIT(tiny_and_huge_vectors_have_directions), UNIT(diverse_by_definition),
          UNIT(relevance_alone_keeps_the_order))
