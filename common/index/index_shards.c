// Several indexes searched as one: each is asked for its best, and the best of all stay. A row is numbered behind those of the indexes before its
// own. What a query says of rows (allowed, apart, asked) is cut for each index, and the scores that it wants are written where they belong.
//
// Made in memory from indexes that are open, never saved: it has no row in index_kinds.
#include <string.h>

#include "common/base/die.h"
#include "common/index/index.h"
#include "common/index/metric.h"

struct shards {
    struct index *const *indexes;  // (n)
    const char *const *sources;
    size_t *firsts;                // (n + 1) rows before each, and all
    size_t n;
};

// The bits of rows [first, first + n), from bit 0 on.
static uint64_t *cut_bits(const uint64_t *bits, size_t first, size_t n, struct arena *arena)
{
    size_t words = n / 64 + 1, shift = first % 64, end = (first + n + 63) / 64;
    uint64_t *out = arena_array(arena, words, sizeof *out);
    for (size_t w = 0; w < words; w++) {
        size_t at = first / 64 + w;
        out[w] = at < end ? bits[at] >> shift : 0;
        if (shift > 0 && at + 1 < end)
            out[w] |= bits[at + 1] << (64 - shift);
    }
    return out;
}

// Those of the rising rows that are in [first, first + n), counted from there: (*m), of which *at come before.
static const uint32_t *cut_rows(const uint32_t *rows, size_t n_rows, size_t first, size_t n, size_t *at, size_t *m, struct arena *arena)
{
    *at = topk_lower_bound(rows, n_rows, first);
    *m = topk_lower_bound(rows, n_rows, first + n) - *at;
    uint32_t *out = arena_array(arena, *m, sizeof *out);
    for (size_t i = 0; i < *m; i++)
        out[i] = rows[*at + i] - (uint32_t)first;
    return out;
}

// The queries as the s-th index is asked them, without room for hits.
static struct topk_query *cut_queries(const struct shards *shards, size_t s, const struct topk_query *queries, size_t n, struct arena *arena)
{
    size_t first = shards->firsts[s], rows = shards->firsts[s + 1] - first, at;
    struct topk_query *cut = arena_zeros(arena, n, sizeof *cut);
    for (size_t i = 0; i < n; i++) {
        const struct topk_query *q = &queries[i];
        cut[i].apart = cut_rows(q->apart, q->n_apart, first, rows, &at, &cut[i].n_apart, arena);
        cut[i].apart_scores = q->apart_scores != NULL ? q->apart_scores + at : NULL;
        cut[i].asked = cut_rows(q->asked, q->n_asked, first, rows, &at, &cut[i].n_asked, arena);
        cut[i].asked_scores = q->asked_scores != NULL ? q->asked_scores + at : NULL;
        if (q->allowed == NULL)
            continue;
        bool same = i > 0 && q->allowed == queries[i - 1].allowed;
        cut[i].allowed = same ? cut[i - 1].allowed : cut_bits(q->allowed, first, rows, arena);
    }
    return cut;
}

static void search(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k, struct pool *pool,
                   struct arena *scratch)
{
    const struct shards *shards = index->state;
    struct topk_hit *hits = arena_array(scratch, n * k, sizeof *hits), *room = arena_array(scratch, k, sizeof *room);
    struct arena arena = {0};
    for (size_t i = 0; i < n; i++)
        queries[i].n_hits = 0;
    for (size_t s = 0; s < shards->n; s++, arena_reset(&arena)) {
        struct index shard = *shards->indexes[s];
        struct topk_query *cut = cut_queries(shards, s, queries, n, &arena);
        shard.recall = index->recall > 0 ? index->recall : shard.recall;
        shard.leaves = index->leaves;
        for (size_t i = 0; i < n; i++)
            cut[i].hits = hits + i * k;
        index_search(&shard, 1, vectors, cut, n, k < shard.rows ? k : shard.rows, pool, &arena);
        for (size_t i = 0; i < n; i++)
            topk_join(&queries[i], &cut[i], shards->firsts[s], k, room);
    }
    arena_free(&arena);
}

static void check(const struct index *index, const char *source)
{
    const struct shards *shards = index->state;
    (void)source;
    for (size_t s = 0; s < shards->n; s++)
        index_check(shards->indexes[s], shards->sources[s]);
}

static void vector(const struct index *index, size_t row, float *out)
{
    const struct shards *shards = index->state;
    size_t s = 0;
    while (row >= shards->firsts[s + 1])
        s++;
    index_vector(shards->indexes[s], row - shards->firsts[s], out);
}

static const struct index_kind index_kind_shards = {
    .name = "shards", .meaning = "several indexes as one", .search = search, .check = check, .vector = vector,
};

static void check_alike(const struct index *a, const struct index *b, const char *a_source, const char *b_source)
{
    if (strcmp(a->name, b->name) != 0 || strcmp(a->table, b->table) != 0)
        die(EXIT_INPUT, "%s: index %s of table %s, but %s has %s of %s", b_source, quoted_text(b->name), quoted_text(b->table), a_source,
            quoted_text(a->name), quoted_text(a->table));
    if (a->dim != b->dim)
        die(EXIT_INPUT, "%s: index %s has vectors of %zu numbers, but %s of %zu", b_source, quoted_text(b->name), b->dim, a_source, a->dim);
    if (a->metric != b->metric)
        die(EXIT_INPUT, "%s: index %s has the metric %s, but %s %s", b_source, quoted_text(b->name), metric_name(b->metric), a_source,
            metric_name(a->metric));
}

// The rows that are in the indexes, a bit each; NULL if all are.
static const uint64_t *join_live(const struct shards *shards, struct arena *arena)
{
    bool all = true;
    for (size_t s = 0; s < shards->n; s++)
        all &= shards->indexes[s]->live == NULL;
    if (all)
        return NULL;
    uint64_t *live = arena_zeros(arena, shards->firsts[shards->n] / 64 + 1, sizeof *live);
    for (size_t s = 0; s < shards->n; s++)
        for (size_t i = 0, row = shards->firsts[s]; row < shards->firsts[s + 1]; i++, row++) {
            const uint64_t *bits = shards->indexes[s]->live;
            live[row / 64] |= (bits == NULL ? 1 : bits[i / 64] >> i % 64 & 1) << row % 64;
        }
    return live;
}

struct index *index_shards(struct index *const *indexes, const char *const *sources, size_t n)
{
    // The metric is inner, which leaves vectors as they are: each index turns them into what it wants, and scores into those of its own.
    struct index *index = index_new(indexes[0]->name, &index_kind_shards, indexes[0]->table, indexes[0]->dim);
    struct shards *shards = arena_zeros(&index->arena, 1, sizeof *shards);
    *shards = (struct shards){.indexes = indexes, .sources = sources, .n = n};
    shards->firsts = arena_zeros(&index->arena, n + 1, sizeof *shards->firsts);
    for (size_t s = 0; s < n; s++) {
        check_alike(indexes[0], indexes[s], sources[0], sources[s]);
        shards->firsts[s + 1] = shards->firsts[s] + indexes[s]->rows;
        if (shards->firsts[s + 1] > INT32_MAX)
            die(EXIT_INPUT, "%s: more than 2^31 rows with those of the indexes before it", sources[s]);
    }
    index->rows = shards->firsts[n];
    index->live = join_live(shards, &index->arena);
    index->state = shards;
    return index;
}
