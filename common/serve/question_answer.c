// Questions are answered as cheaply as they allow: known queries that ask alike are searched for together, what wants a row of its own is made
// one, and for who is not known at all there is what is popular.
#include <string.h>

#include "common/index/similar.h"
#include "common/model/typed.h"
#include "common/recommend/liked.h"
#include "common/serve/question.h"

static struct lists_plan plan_of(const struct question *q)
{
    return (struct lists_plan){.k = q->rules.k, .exclude_seen = q->rules.exclude_seen, .head = q->head, .mmr = q->rules.mmr < 1,
                               .lambda = q->rules.mmr, .pool = q->rules.pool};
}

// Whether it is a known query and nothing more, so that it can be searched for in company.
static bool is_plain(const struct recommender *r, const struct question *q)
{
    return q->kind == QUESTION_QUERY && q->row != UINT32_MAX && q->given.n == 0 && !r->asks_context;
}

static bool asks_alike(const struct question *a, const struct question *b)
{
    return a->rules.k == b->rules.k && a->rules.exclude_seen == b->rules.exclude_seen && a->head == b->head && a->rules.mmr == b->rules.mmr &&
           a->rules.pool == b->rules.pool;
}

static void answer_together(struct recommender *r, struct question *const *questions, size_t n, struct arena *arena)
{
    uint32_t *rows = arena_array(arena, n, sizeof *rows);
    struct topk_query *lists = arena_zeros(arena, n, sizeof *lists);
    float *vectors = arena_array(arena, n * r->heads * r->index->dim, sizeof *vectors);
    for (size_t i = 0; i < n; i++) {
        rows[i] = questions[i]->row;
        lists[i].allowed = questions[i]->allowed;
    }
    const struct frame *frame = held_select(r->queries, rows, n);
    recommender_vectors(r, frame, NULL, rows, vectors);
    const struct lists_plan plan = plan_of(questions[0]);
    lists_make(r, &plan, &(struct lists_asked){vectors, rows, frame, NULL, n}, lists, arena);
    for (size_t i = 0; i < n; i++)
        questions[i]->list = lists[i];
}

static void answer_similar(struct recommender *r, struct question *q, struct arena *arena)
{
    const struct lists_plan plan = plan_of(q);
    size_t depth = lists_depth(&plan) < r->index->rows ? lists_depth(&plan) : r->index->rows;
    q->list.hits = arena_array(arena, depth, sizeof *q->list.hits);
    q->list.allowed = q->allowed;
    similar_search(r->index, &q->row, &q->list, 1, depth, r->pool, arena);
    lists_finish(r, &plan, &q->list, arena);
}

// One that wants a row of its own: features given, an unknown query, likes, or a tower that reads the moment.
static void answer_alone(const struct loaded *model, struct recommender *r, struct question *q, struct arena *arena)
{
    struct frame row = {0}, context = {0};
    struct feature *const *inputs = recommender_inputs(r);
    bool known = q->kind == QUESTION_QUERY && q->row != UINT32_MAX, likes = q->kind == QUESTION_LIKES;
    if (likes) {
        row = liked_row(r, q->likes, q->n_likes, q->head != NULL, &q->given, arena);
    } else {
        const struct frame *base = known ? held_select(r->queries, &q->row, 1) : NULL;
        row = base != NULL && q->given.n == 0 ? *base : typed_row(r->config, r->asks, inputs, base, q->key, &q->given, arena);
    }
    if (model->latest != NULL)
        context = typed_context(r->config, r->asks, inputs, r->interactions, model->latest[known ? q->row : model->n_queries], &row, &q->with,
                                model->path, arena);
    const struct frame *beside = context.rows > 0 ? &context : NULL;
    uint32_t number = known ? q->row : UINT32_MAX;
    float *vector;
    if (likes) {
        vector = liked_vector(r, &row, beside, q->likes, q->n_likes, arena);
    } else {
        vector = arena_array(arena, r->heads * r->index->dim, sizeof *vector);
        recommender_vectors(r, &row, beside, &number, vector);
    }
    const struct lists_plan plan = plan_of(q);
    q->list = (struct topk_query){.allowed = q->allowed};
    lists_make(r, &plan, &(struct lists_asked){vector, &number, &row, beside, 1}, &q->list, arena);
}

static void answer_one(const struct loaded *model, struct recommender *r, struct question *q, struct arena *arena)
{
    bool unknown = q->kind == QUESTION_QUERY && q->row == UINT32_MAX, features = q->given.n + q->with.n > 0;
    if (q->kind == QUESTION_SIMILAR) {
        answer_similar(r, q, arena);
    } else if (unknown && (!features || !typed_takes_unknown(r->asks))) {
        q->fallback = FALLBACK_POPULARITY;
        q->list.allowed = q->allowed;
        popular_list(&model->popular, r->index, &q->list, q->rules.k, arena);
    } else {
        q->fallback = unknown ? FALLBACK_FEATURES : FALLBACK_NONE;
        answer_alone(model, r, q, arena);
    }
}

void questions_answer(const struct loaded *model, struct recommender *r, struct question *const *questions, size_t n, struct arena *arena)
{
    struct question **together = arena_array(arena, n, sizeof *together);
    bool *done = arena_zeros(arena, n, sizeof *done);
    for (size_t i = 0; i < n; i++) {
        if (done[i])
            continue;
        if (!is_plain(r, questions[i])) {
            answer_one(model, r, questions[i], arena);
            continue;
        }
        size_t m = 0;
        for (size_t j = i; j < n; j++)
            if (!done[j] && is_plain(r, questions[j]) && asks_alike(questions[i], questions[j])) {
                together[m++] = questions[j];
                done[j] = true;
            }
        answer_together(r, together, m, arena);
    }
}

const char *fallback_name(enum fallback fallback)
{
    return fallback == FALLBACK_FEATURES ? "features" : fallback == FALLBACK_POPULARITY ? "popularity" : NULL;
}
