#define _GNU_SOURCE  // strcasestr
#include "common/recommend/asked.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/similar.h"
#include "common/model/typed.h"
#include "common/recommend/liked.h"
#include "common/recommend/popular.h"

enum { GROUP_MAX = 1024, HITS_MAX = 8 << 20, NEAREST_OF_MAX = 100000 };

// Whether a query that is not known is answered by the columns of --with; else it is by popularity.
static bool by_columns(const struct asked *a)
{
    return a->with.n > 0 && typed_takes_unknown(a->r->asks);
}

static void print(struct asked *a, enum answer_kind kind, const struct text *keys, size_t n_keys, size_t row, const struct topk_query *list)
{
    struct answer answer = {.kind = kind, .keys = keys, .n_keys = n_keys, .known = row != SIZE_MAX, .row = row, .hits = list->hits,
                            .n_hits = list->n_hits};
    if (kind == ANSWER_QUERY && !answer.known)
        answer.fallback = by_columns(a) ? "features" : "popularity";
    answers_print(a->answers, &answer, a->format, a->history, a->out);
}

// The rows `latest` says of queries (model/typed.h), in the arena; NULL if no tower asks.
static size_t *find_latest(const struct asked *a, struct arena *arena)
{
    const struct recommender *r = a->r;
    if (!r->asks_context && a->with.n == 0)
        return NULL;
    size_t n = held_rows(r->queries), *latest = arena_array(arena, n + 1, sizeof *latest);
    typed_latest(r->config, r->interactions, n, latest);
    return latest;
}

// The columns of the interactions beside a row as towers want it, in the moment of the latest interaction or of --with. NULL if none asks.
static const struct frame *context_of(const struct asked *a, const struct frame *row, size_t query, const size_t *latest, struct arena *arena)
{
    struct recommender *r = a->r;
    if (latest == NULL)
        return NULL;
    size_t moment = latest[query != SIZE_MAX ? query : held_rows(r->queries)];
    struct frame *context = arena_array(arena, 1, sizeof *context);
    *context = typed_context(r->config, r->asks, recommender_inputs(r), r->interactions, moment, row, &a->with, r->data_from, arena);
    return context->rows > 0 ? context : NULL;
}

// Answers one row.
static void ask_one(struct asked *a, const struct frame *row, size_t query, const size_t *latest, struct topk_query *list, struct arena *arena)
{
    struct recommender *r = a->r;
    const struct frame *context = context_of(a, row, query, latest, arena);
    uint32_t number = query != SIZE_MAX ? (uint32_t)query : UINT32_MAX;
    float *vector = arena_array(arena, r->heads * r->index->dim, sizeof *vector);
    recommender_vectors(r, row, context, &number, vector);
    *list = (struct topk_query){0};
    lists_make(r, &a->plan, &(struct lists_asked){vector, &number, row, context, 1}, list, arena);
}

// Answers a query that is not known.
static void ask_unknown(struct asked *a, const char *key, const size_t *latest, const struct popular *popular, struct topk_query *list,
                        struct arena *arena)
{
    struct recommender *r = a->r;
    if (by_columns(a)) {
        struct frame row = typed_row(r->config, r->asks, recommender_inputs(r), NULL, key, &(struct arg_list){0}, arena);
        ask_one(a, &row, SIZE_MAX, latest, list, arena);
    } else {
        *list = (struct topk_query){.allowed = a->plan.allowed};
        popular_list(popular, r->index, list, a->plan.k, arena);
    }
    warn("unknown query %s: recommended by %s", quoted_text(key), by_columns(a) ? "the columns of --with" : "popularity");
}

size_t asked_queries(struct asked *a, const struct arg_list *keys)
{
    struct recommender *r = a->r;
    struct arena arena = {0}, one = {0};
    struct popular popular = {0};
    size_t n = keys->n, *rows = arena_array(&arena, n, sizeof *rows);
    typed_find(r->config, r->queries, keys->items, n, rows);
    const size_t *latest = find_latest(a, &arena);
    for (size_t i = 0; i < n; i++) {
        struct topk_query list;
        arena_reset(&one);
        if (rows[i] != SIZE_MAX) {
            struct frame row = *held_select(r->queries, &(uint32_t){(uint32_t)rows[i]}, 1);
            ask_one(a, &row, rows[i], latest, &list, &one);
        } else {
            if (popular.rows == NULL)
                popular = popular_new(r->candidates, &arena);
            ask_unknown(a, keys->items[i], latest, &popular, &list, &one);
        }
        print(a, ANSWER_QUERY, &(struct text){keys->items[i], strlen(keys->items[i])}, 1, rows[i], &list);
    }
    arena_free(&one);
    arena_free(&arena);
    return n;
}

// A group of known queries whose towers read nothing of the interactions: searched for together.
static void ask_group(struct asked *a, const uint32_t *queries, size_t n, struct topk_query *lists, struct arena *arena)
{
    struct recommender *r = a->r;
    const struct frame *rows = held_select(r->queries, queries, n);
    float *vectors = arena_array(arena, n * r->heads * r->index->dim, sizeof *vectors);
    recommender_vectors(r, rows, NULL, queries, vectors);
    const struct lists_asked asked = {vectors, queries, rows, NULL, n};
    lists_make(r, &a->plan, &asked, lists, arena);
}

size_t asked_everyone(struct asked *a)
{
    struct recommender *r = a->r;
    struct arena lasting = {0}, arena = {0};
    const size_t *latest = find_latest(a, &lasting);
    size_t n = held_rows(r->queries), depth = lists_depth(&a->plan), group = depth > HITS_MAX / GROUP_MAX ? HITS_MAX / depth + 1 : GROUP_MAX;
    const char *key = config_key(r->config, &r->config->query);
    struct progress progress = progress_begin("queries", n);
    for (size_t at = 0; at < n; at += group) {
        size_t m = n - at < group ? n - at : group;
        uint32_t *queries = arena_array(&arena, m, sizeof *queries);
        for (size_t i = 0; i < m; i++)
            queries[i] = (uint32_t)(at + i);
        struct topk_query *lists = arena_zeros(&arena, m, sizeof *lists);
        if (latest == NULL)
            ask_group(a, queries, m, lists, &arena);
        for (size_t i = 0; latest != NULL && i < m; i++)
            ask_one(a, held_select(r->queries, &queries[i], 1), queries[i], latest, &lists[i], &arena);
        const struct frame *rows = held_select(r->queries, queries, m);
        const struct cells *keys = frame_texts(rows, key, &arena);
        for (size_t i = 0; i < m; i++) {
            struct text text = cells_text(keys, i);
            print(a, ANSWER_QUERY, &text, 1, at + i, &lists[i]);
        }
        arena_reset(&arena);
        progress_step(&progress, at, "k %zu", a->plan.k);
    }
    progress_end(&progress);
    arena_free(&arena);
    arena_free(&lasting);
    return n;
}

// Notes for each of the asked keys the rows of the column that have it: how many, and the last one.
static void look_up(const struct held *candidates, size_t column, const struct map *asked, size_t *counts, uint32_t *rows)
{
    struct arena arena = {0};
    size_t n, row = 0;
    const struct frame *frames = held_frames(candidates, &n);
    for (size_t f = 0; f < n; f++) {
        const struct cells *texts = frame_texts(&frames[f], frames[f].schema->columns[column].name, &arena);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            struct text text = cells_text(texts, i);
            uint32_t number;
            if (!map_find(asked, text.data, text.length, &number))
                continue;
            counts[number]++;
            rows[number] = (uint32_t)row;
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
}

// The first of the shortest words that have the key, three bytes or more, in them, in letters of any case, as "Brazil (1985)" has "brazil"; or NULL.
static const char *shortest_with(const char *key, const char *const *words, size_t n)
{
    const char *best = NULL;
    if (strlen(key) < 3)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (strcasestr(words[i], key) != NULL && (best == NULL || strlen(words[i]) < strlen(best)))
            best = words[i];
    return best;
}

// The text of a candidate that has the key in it or else is nearest to it, or NULL; not looked for in a large catalogue.
static const char *nearest_candidate(const struct held *candidates, const char *key, struct arena *arena)
{
    size_t n, n_words = 0;
    const struct schema *schema = held_schema(candidates);
    const struct frame *frames = held_frames(candidates, &n);
    if (held_rows(candidates) > NEAREST_OF_MAX)
        return NULL;
    const char **words = arena_array(arena, held_rows(candidates) * schema->n, sizeof *words);
    for (size_t f = 0; f < n; f++)
        for (size_t c = 0; c < schema->n; c++)
            for (size_t i = 0; i < frames[f].rows && type_equal(schema->columns[c].type, type_of("str")); i++) {
                struct text text = cells_text(&frames[f].cells[c], i);
                words[n_words++] = arena_text(arena, text.data, text.length);
            }
    const char *with = shortest_with(key, words, n_words);
    return with != NULL ? with : nearest_word(key, words, n_words);
}

// The rows of candidates by key or, for what is no key, by another text that only one of them has. Dies with exit code 2 if there is
// none, naming the nearest, or several.
//   option  for that message
static void find_candidates(const struct recommender *r, const char *option, const struct arg_list *keys, uint32_t *rows)
{
    struct arena arena = {0};
    struct map *asked = map_new();
    const struct schema *schema = held_schema(r->candidates);
    size_t key = schema_find(schema, recommender_key(r)), *counts = arena_zeros(&arena, keys->n, sizeof *counts);
    uint32_t *found = arena_array(&arena, keys->n, sizeof *found);
    for (size_t i = 0; i < keys->n; i++)
        map_add(asked, keys->items[i], strlen(keys->items[i]));
    look_up(r->candidates, key, asked, counts, found);
    for (size_t c = 0; c < schema->n; c++) {
        size_t *others = arena_zeros(&arena, keys->n, sizeof *others);
        uint32_t *where = arena_array(&arena, keys->n, sizeof *where);
        if (c == key || !type_equal(schema->columns[c].type, type_of("str")))
            continue;
        look_up(r->candidates, c, asked, others, where);
        for (size_t i = 0; i < map_size(asked); i++)
            if (counts[i] == 0 && others[i] > 0) {
                counts[i] = others[i];
                found[i] = where[i];
            }
    }
    for (size_t i = 0; i < keys->n; i++) {
        uint32_t number = map_add(asked, keys->items[i], strlen(keys->items[i]));
        if (counts[number] > 1)
            die(EXIT_USAGE, "%s %s: %zu candidates have that: give the key of one", option, quoted_text(keys->items[i]), counts[number]);
        const char *near = counts[number] == 0 ? nearest_candidate(r->candidates, keys->items[i], &arena) : NULL;
        if (counts[number] == 0)
            die(EXIT_USAGE, "%s %s: no such candidate%s%s", option, quoted_text(keys->items[i]), near != NULL ? ", did you mean " : "",
                near != NULL ? quoted_text(near) : "");
        rows[i] = found[number];
    }
    map_free(asked);
    arena_free(&arena);
}

size_t asked_similar(struct asked *a, const struct arg_list *keys)
{
    struct recommender *r = a->r;
    struct arena arena = {0};
    size_t n = keys->n, depth = lists_depth(&a->plan) < r->index->rows ? lists_depth(&a->plan) : r->index->rows;
    uint32_t *rows = arena_array(&arena, n, sizeof *rows);
    find_candidates(r, "--similar", keys, rows);
    struct topk_query *lists = arena_zeros(&arena, n, sizeof *lists);
    for (size_t i = 0; i < n; i++) {
        lists[i].hits = arena_array(&arena, depth, sizeof *lists[i].hits);
        lists[i].allowed = a->plan.allowed;
    }
    similar_search(r->index, rows, lists, n, depth, r->pool, &arena);
    for (size_t i = 0; i < n; i++) {
        lists_finish(r, &a->plan, &lists[i], &arena);
        print(a, ANSWER_SIMILAR, &(struct text){keys->items[i], strlen(keys->items[i])}, 1, SIZE_MAX, &lists[i]);
    }
    arena_free(&arena);
    return n;
}

size_t asked_likes(struct asked *a, const struct arg_list *keys)
{
    struct recommender *r = a->r;
    struct arena arena = {0};
    size_t n = keys->n;
    uint32_t *rows = arena_array(&arena, n, sizeof *rows);
    find_candidates(r, "--likes", keys, rows);
    struct frame row = liked_row(r, rows, n, a->plan.head != NULL, &(struct arg_list){0}, &arena);
    const struct frame *context = context_of(a, &row, SIZE_MAX, find_latest(a, &arena), &arena);
    const float *vector = liked_vector(r, &row, context, rows, n, &arena);
    struct lists_plan plan = a->plan;
    size_t words = r->index->rows / 64 + 1;
    uint64_t *allowed = arena_array(&arena, words, sizeof *allowed);
    for (size_t i = 0; i < words; i++)
        allowed[i] = plan.allowed != NULL ? plan.allowed[i] : UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        allowed[rows[i] / 64] &= ~((uint64_t)1 << rows[i] % 64);
    plan.allowed = allowed;
    struct topk_query list = {0};
    struct text *texts = arena_array(&arena, n, sizeof *texts);
    for (size_t i = 0; i < n; i++)
        texts[i] = (struct text){keys->items[i], strlen(keys->items[i])};
    lists_make(r, &plan, &(struct lists_asked){vector, &(uint32_t){UINT32_MAX}, &row, context, 1}, &list, &arena);
    print(a, ANSWER_LIKES, texts, n, SIZE_MAX, &list);
    arena_free(&arena);
    return 1;
}
