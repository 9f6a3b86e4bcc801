#include "common/recommend/lists.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/die.h"
#include "common/index/mmr.h"

static bool reranks(const struct lists_plan *plan)
{
    return plan->mmr || plan->head != NULL;
}

size_t lists_depth(const struct lists_plan *plan)
{
    return reranks(plan) && plan->pool > plan->k ? plan->pool : plan->k;
}

// A mapped index is searched without a look at all its numbers: one that is infinite or too large shows in the scores.
static void check_hits(const struct recommender *r, const struct topk_query *list)
{
    for (size_t i = 0; i < list->n_hits; i++)
        if (!isfinite(list->hits[i].score))
            die(EXIT_INPUT, "%s: index %s: row %u: a score of %g, wanted a finite one", r->model_from, quoted_text(r->index->name),
                list->hits[i].row, (double)list->hits[i].score);
}

static int by_score(const void *a, const void *b)
{
    const struct topk_hit *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score) : (x->row > y->row) - (x->row < y->row);
}

// What the head predicts for the hits of the i-th list becomes their score.
static void predict(const struct recommender *r, const struct lists_plan *plan, const struct lists_asked *asked, size_t i,
                    struct topk_query *list, struct arena *arena)
{
    size_t n = list->n_hits;
    uint32_t *queries = arena_array(arena, n, sizeof *queries), *candidates = arena_array(arena, n, sizeof *candidates);
    float *scores = arena_array(arena, n, sizeof *scores);
    for (size_t j = 0; j < n; j++) {
        queries[j] = (uint32_t)i;
        candidates[j] = list->hits[j].row;
    }
    const struct predictor_pairs pairs = {.n = n, .queries = queries, .candidates = candidates, .context = asked->context, .at = queries};
    predictor_run(r->predictor, plan->head, &pairs, scores);
    for (size_t j = 0; j < n; j++)
        list->hits[j].score = scores[j];
    qsort(list->hits, n, sizeof *list->hits, by_score);
}

// Steps that order the hits of the i-th list anew, and give them falling scores.
static void rerank(const struct recommender *r, const struct lists_plan *plan, const struct lists_asked *asked, size_t i,
                   struct topk_query *list, struct arena *arena)
{
    if (plan->head != NULL && asked != NULL)
        predict(r, plan, asked, i, list, arena);
    if (plan->mmr)
        mmr_order(r->index, plan->lambda, list->hits, list->n_hits, arena);
}

// The list up to its k-th candidate that does not stay apart.
static void cut(struct topk_query *list, size_t k)
{
    size_t n = 0, fresh = 0;
    for (; n < list->n_hits && fresh < k; n++)
        fresh += !topk_is_apart(list, list->hits[n].row);
    list->n_hits = n;
}

// Candidates whose scores were asked for get those of the re-ranked list.
static void score_asked(struct topk_query *list)
{
    for (size_t i = 0; i < list->n_asked; i++) {
        list->asked_scores[i] = -INFINITY;
        for (size_t j = 0; j < list->n_hits; j++)
            if (list->hits[j].row == list->asked[i])
                list->asked_scores[i] = list->hits[j].score;
    }
}

// What may be in no list has no score that could be compared with theirs.
static void score_barred(const struct recommender *r, struct topk_query *list)
{
    for (size_t i = 0; i < list->n_asked; i++)
        if (!topk_allows(list, list->asked[i]) || !index_has(r->index, list->asked[i]))
            list->asked_scores[i] = -INFINITY;
}

static void finish(struct recommender *r, const struct lists_plan *plan, const struct lists_asked *asked, size_t i, struct topk_query *list,
                   struct arena *arena)
{
    check_hits(r, list);
    score_barred(r, list);
    if (!reranks(plan))
        return;
    rerank(r, plan, asked, i, list, arena);
    cut(list, plan->k);
    score_asked(list);
}

void lists_finish(struct recommender *r, const struct lists_plan *plan, struct topk_query *list, struct arena *arena)
{
    finish(r, plan, NULL, 0, list, arena);
}

void lists_make(struct recommender *r, const struct lists_plan *plan, const struct lists_asked *asked, struct topk_query *lists,
                struct arena *arena)
{
    size_t n = asked->n, depth = lists_depth(plan) < r->index->rows ? lists_depth(plan) : r->index->rows;
    struct topk_hit *hits = arena_array(arena, n * depth, sizeof *hits);
    for (size_t i = 0; i < n; i++) {
        lists[i].hits = hits + i * depth;
        if (lists[i].allowed == NULL)
            lists[i].allowed = plan->allowed;
        if (asked->queries[i] == UINT32_MAX || (!plan->deep && !plan->exclude_seen))
            continue;
        lists[i].apart = recommender_seen(r, asked->queries[i], &lists[i].n_apart, arena);
        if (plan->deep)
            lists[i].apart_scores = arena_array(arena, lists[i].n_apart, sizeof *lists[i].apart_scores);
    }
    if (plan->head != NULL)
        predictor_asks(r->predictor, asked->rows);
    index_search(r->index, r->heads, asked->vectors, lists, n, depth, r->pool, arena);
    for (size_t i = 0; i < n; i++) {
        if (plan->deep && lists[i].n_apart > 0) {
            struct topk_hit *merged = arena_array(arena, lists[i].n_hits + lists[i].n_apart, sizeof *merged);
            lists[i].n_hits = topk_merged(&lists[i], depth, merged, arena);
            lists[i].hits = merged;
        }
        finish(r, plan, asked, i, &lists[i], arena);
    }
}
