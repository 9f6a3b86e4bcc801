// Searching by the index's metric, and for queries of several vectors, heads: the score of a row is that of the best head.
//
// A row among the k best has, with the head that scores it highest, fewer than k rows before it: so the best k of all are among the best k of
// each head, and an index need not know of heads.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/index/metric.h"

static float *room(struct arena *scratch, const float *wanted, size_t n)
{
    return wanted != NULL ? arena_array(scratch, n, sizeof(float)) : NULL;
}

static void take_higher(float *to, const float *from, size_t n, bool first)
{
    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = first || from[i] > to[i] ? from[i] : to[i];
}

static int by_row(const void *a, const void *b)
{
    const struct topk_hit *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->score < y->score) - (x->score > y->score);
}

static int by_rank(const void *a, const void *b)
{
    const struct topk_hit *x = a, *y = b;
    return topk_before(*x, *y) ? -1 : topk_before(*y, *x);
}

static void merge(struct topk_query *query, const struct topk_query *of_heads, size_t heads, size_t k, struct topk_hit *all)
{
    size_t n = 0, distinct = 0;
    for (size_t h = 0; h < heads; h++) {
        memcpy(all + n, of_heads[h].hits, of_heads[h].n_hits * sizeof *all);
        n += of_heads[h].n_hits;
        take_higher(query->apart_scores, of_heads[h].apart_scores, query->n_apart, h == 0);
        take_higher(query->asked_scores, of_heads[h].asked_scores, query->n_asked, h == 0);
    }
    qsort(all, n, sizeof *all, by_row);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || all[i].row != all[i - 1].row)
            all[distinct++] = all[i];
    qsort(all, distinct, sizeof *all, by_rank);
    query->n_hits = distinct < k ? distinct : k;
    memcpy(query->hits, all, query->n_hits * sizeof *all);
}

static void search_rows(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k, struct pool *pool,
                        struct arena *scratch)
{
    if (index->metric == INDEX_INNER) {
        index->kind->search(index, vectors, queries, n, k, pool, scratch);
        return;
    }
    float *changed = arena_array(scratch, n * index->width, sizeof *changed);
    metric_queries(index, vectors, n, changed);
    index->kind->search(index, changed, queries, n, k, pool, scratch);
}

static void search_heads(const struct index *index, size_t heads, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                  struct pool *pool, struct arena *scratch)
{
    if (heads <= 1) {
        search_rows(index, vectors, queries, n, k, pool, scratch);
        return;
    }
    struct topk_query *each = arena_array(scratch, n * heads, sizeof *each);
    struct topk_hit *hits = arena_array(scratch, n * heads * k, sizeof *hits), *all = arena_array(scratch, heads * k, sizeof *all);
    for (size_t i = 0; i < n * heads; i++) {
        each[i] = queries[i / heads];
        each[i].hits = hits + i * k;
        each[i].apart_scores = room(scratch, each[i].apart_scores, each[i].n_apart);
        each[i].asked_scores = room(scratch, each[i].asked_scores, each[i].n_asked);
    }
    search_rows(index, vectors, each, n * heads, k, pool, scratch);
    for (size_t i = 0; i < n; i++)
        merge(&queries[i], each + i * heads, heads, k, all);
}

void index_search(const struct index *index, size_t heads, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                  struct pool *pool, struct arena *scratch)
{
    assert(index->kind != NULL && index->state != NULL);
    struct topk_query *without = index_without_gone(index, queries, n, scratch);
    search_heads(index, heads, vectors, without != NULL ? without : queries, n, k, pool, scratch);
    for (size_t i = 0; i < n && without != NULL; i++)
        queries[i].n_hits = without[i].n_hits;
}
