#include "common/serve/question.h"

#include <stdlib.h>
#include <string.h>

#include "common/index/allowed.h"
#include "common/index/filter.h"

const struct rules rules_default = {.k = 10, .pool = 100, .mmr = 1};

static size_t count_of(const char *name, const json_t *value, size_t low, size_t high)
{
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < (json_int_t)low || n > (json_int_t)high)
        die(EXIT_USAGE, "%s: wanted a whole number from %zu to %zu", name, low, high);
    return (size_t)n;
}

static const char *text_of(const char *name, const json_t *value, size_t bytes_max)
{
    if (!json_is_string(value))
        die(EXIT_USAGE, "%s: wanted a text", name);
    if (json_string_length(value) > bytes_max)
        die(EXIT_USAGE, "%s: a text of %zu bytes, wanted at most %zu", name, json_string_length(value), bytes_max);
    return json_string_value(value);
}

static const json_t *list_of(const char *name, const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) > QUESTION_KEYS_MAX)
        die(EXIT_USAGE, "%s: wanted a list of at most %d keys", name, QUESTION_KEYS_MAX);
    return value;
}

static double real_of(const char *name, const json_t *value, double low, double high)
{
    double x = json_number_value(value);
    if (!json_is_number(value) || !(x >= low && x <= high))
        die(EXIT_USAGE, "%s: wanted a number from %g to %g", name, low, high);
    return x;
}

bool rules_take(struct rules *rules, const char *name, const json_t *value)
{
    if (strcmp(name, "k") == 0)
        rules->k = count_of(name, value, 1, QUESTION_K_MAX);
    else if (strcmp(name, "rerank_n") == 0)
        rules->pool = count_of(name, value, 1, QUESTION_POOL_MAX);
    else if (strcmp(name, "mmr") == 0)
        rules->mmr = real_of(name, value, 0, 1);
    else if (strcmp(name, "filter") == 0)
        rules->filter = json_is_null(value) ? NULL : text_of(name, value, QUESTION_FILTER_BYTES_MAX);
    else if (strcmp(name, "rerank") == 0)
        rules->rerank = json_is_null(value) ? NULL : text_of(name, value, NAME_BYTES_MAX);
    else if (strcmp(name, "exclude") == 0)
        rules->exclude = list_of(name, value);
    else if (strcmp(name, "only") == 0)
        rules->only = list_of(name, value);
    else if (strcmp(name, "exclude_seen") == 0 && json_is_boolean(value))
        rules->exclude_seen = json_is_true(value);
    else if (strcmp(name, "exclude_seen") == 0)
        die(EXIT_USAGE, "exclude_seen: wanted true or false");
    else
        return false;
    return true;
}

// A key: a text, or a whole number by its digits.
static const char *key_of(const char *what, const json_t *value, struct arena *arena)
{
    if (json_is_integer(value))
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (!json_is_string(value))
        die(EXIT_USAGE, "%s: wanted a key, a text or a whole number", what);
    return json_string_value(value);
}

// The row of a candidate by key or another text that only it has. Dies with exit code 2 if there is none. `what` is for the message.
static uint32_t candidate_of(const struct loaded *model, const char *what, const json_t *value, struct arena *arena)
{
    const char *key = key_of(what, value, arena);
    uint32_t row = keys_find(&model->candidates, key, strlen(key));
    if (row == UINT32_MAX)
        row = keys_find(&model->titles, key, strlen(key));
    if (row == UINT32_MAX)
        die(EXIT_USAGE, "%s: %s is the key of no candidate, nor another text that only one has", what, quoted_text(key));
    return row;
}

static void parse_likes(const struct loaded *model, const json_t *value, struct question *q, struct arena *arena)
{
    size_t n = json_array_size(value);
    if (!json_is_array(value) || n == 0 || n > 1000)
        die(EXIT_USAGE, "likes: wanted a list of 1 to 1000 keys of candidates");
    uint32_t *rows = arena_array(arena, n, sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = candidate_of(model, "likes", json_array_get(value, i), arena);
    q->kind = QUESTION_LIKES;
    q->likes = rows;
    q->n_likes = n;
}

// The value of a column as it is typed: items of a list stand between bars.
static const char *typed_value(const char *column, const json_t *value, struct arena *arena)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return arena_printf(arena, "%.17g", json_real_value(value));
    if (!json_is_array(value))
        die(EXIT_USAGE, "%s: wanted a text, a number or a list of texts", quoted_text(column));
    const char *all = "";
    size_t total = 1;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            die(EXIT_USAGE, "%s: wanted a list of texts", quoted_text(column));
        total += json_string_length(json_array_get(value, i)) + 1;
    }
    char *joined = arena_array(arena, total, 1), *end = joined;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (i > 0)
            *end++ = '|';
        memcpy(end, json_string_value(item), json_string_length(item));
        end += json_string_length(item);
    }
    *end = '\0';
    return total > 1 ? joined : all;
}

static void add_value(struct arg_list *list, const char *column, const char *value, struct arena *arena)
{
    const char **items = arena_array(arena, list->n + 1, sizeof *items);
    if (list->n > 0)
        memcpy(items, list->items, list->n * sizeof *items);
    items[list->n] = arena_printf(arena, "%s=%s", column, value);
    *list = (struct arg_list){items, list->n + 1};
}

// A column that towers of queries read.
static bool take_column(struct recommender *r, const char *name, const json_t *value, struct question *q, struct arena *arena)
{
    const struct config *c = r->config;
    bool found = false, contextual = false, plain = false;
    for (size_t i = 0; i < r->asks->n_inputs; i++) {
        const struct config_feature *input = r->asks->inputs[i];
        if (strcmp(input->from, name) != 0 || input->follows || input->gathers)
            continue;
        found = true;
        contextual |= config_is_contextual(c, &c->query, input);
        plain |= !config_is_contextual(c, &c->query, input);
    }
    if (!found || json_is_null(value))
        return found;
    const char *text = typed_value(name, value, arena);
    if (plain)
        add_value(&q->given, name, text, arena);
    if (contextual && text[0] != '\0')
        add_value(&q->with, name, text, arena);
    return true;
}

static _Noreturn void unknown_member(const struct recommender *r, const char *name)
{
    static const char *const known[] = {"k", "exclude_seen", "exclude", "only", "filter", "rerank", "mmr", "rerank_n", "similar_to", "likes"};
    const char *words[COLUMNS_MAX + 16];
    size_t n = 0;
    for (; n < sizeof known / sizeof *known; n++)
        words[n] = known[n];
    words[n++] = config_key(r->config, &r->config->query);
    for (size_t i = 0; i < r->asks->n_inputs && n < COLUMNS_MAX + 16; i++)
        words[n++] = r->asks->inputs[i]->from;
    if (nearest_word(name, words, n) == NULL)
        die(EXIT_USAGE, "unknown member %s: a query is named by %s", quoted_text(name), quoted_text(config_key(r->config, &r->config->query)));
    die(EXIT_USAGE, "unknown member %s%s", quoted_text(name), did_you_mean(name, words, n));
}

static void take_query(const struct loaded *model, const json_t *value, struct question *q, struct arena *arena)
{
    q->key = key_of("query", value, arena);
    q->row = keys_find(&model->queries, q->key, strlen(q->key));
}

static uint64_t *no_rows(size_t rows, struct arena *arena)
{
    return arena_zeros(arena, rows / 64 + 1, sizeof(uint64_t));
}

static void apply_filter(const struct recommender *r, const char *text, uint64_t *allowed, struct arena *arena)
{
    struct bytes fault = {0};
    struct filter *filter = filter_new(text, held_schema(r->candidates), &fault);
    if (filter == NULL) {
        const char *copy = arena_text(arena, fault.data, fault.length);
        free(fault.data);
        die(EXIT_USAGE, "filter: %s", copy);
    }
    filter_apply(filter, r->candidates, allowed);
    filter_free(filter);
}

// The candidates that the rules leave.
static void find_allowed(const struct loaded *model, struct recommender *r, struct question *q, struct arena *arena)
{
    const struct rules *rules = &q->rules;
    size_t rows = model->n_candidates;
    if (rules->filter == NULL && rules->only == NULL && rules->exclude == NULL && q->kind != QUESTION_LIKES)
        return;
    uint64_t *allowed = rules->only != NULL ? no_rows(rows, arena) : allowed_all(rows, arena);
    for (size_t turn = 0; turn < 2; turn++) {
        const json_t *list = turn == 0 ? rules->only : rules->exclude;
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *key = key_of(turn == 0 ? "only" : "exclude", json_array_get(list, i), arena);
            uint32_t row = keys_find(&model->candidates, key, strlen(key));
            if (row == UINT32_MAX)
                continue;
            if (turn == 0)
                allowed[row / 64] |= (uint64_t)1 << row % 64;
            else
                allowed[row / 64] &= ~((uint64_t)1 << row % 64);
        }
    }
    for (size_t i = 0; i < q->n_likes; i++)
        allowed[q->likes[i] / 64] &= ~((uint64_t)1 << q->likes[i] % 64);
    if (rules->filter != NULL)
        apply_filter(r, rules->filter, allowed, arena);
    q->allowed = allowed;
}

static void parse_object(const struct loaded *model, struct recommender *r, const json_t *json, struct question *q, struct arena *arena)
{
    const char *name;
    json_t *value;
    bool keyed = false, featured = false;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        if (rules_take(&q->rules, name, value))
            continue;
        if (strcmp(name, config_key(r->config, &r->config->query)) == 0 || strcmp(name, "input_1") == 0) {
            take_query(model, value, q, arena);
            keyed = true;
        } else if (strcmp(name, "similar_to") == 0 || strcmp(name, "likes") == 0) {
            if (q->kind != QUESTION_QUERY)
                die(EXIT_USAGE, "similar_to and likes: choose one");
            if (name[0] == 'l')
                parse_likes(model, value, q, arena);
            q->row = name[0] == 'l' ? q->row : candidate_of(model, name, value, arena);
            q->kind = name[0] == 'l' ? QUESTION_LIKES : QUESTION_SIMILAR;
        } else if (take_column(r, name, value, q, arena)) {
            featured = true;
        } else {
            unknown_member(r, name);
        }
    }
    if (q->kind != QUESTION_QUERY && keyed)
        die(EXIT_USAGE, "%s and %s: choose one", q->kind == QUESTION_LIKES ? "likes" : "similar_to",
            quoted_text(config_key(r->config, &r->config->query)));
    if (q->kind == QUESTION_SIMILAR && featured)
        die(EXIT_USAGE, "similar_to: columns of a query say nothing beside it");
    if (q->kind == QUESTION_QUERY && !keyed && !featured)
        die(EXIT_USAGE, "nobody is asked for: wanted %s, a column that the model reads, similar_to or likes",
            quoted_text(config_key(r->config, &r->config->query)));
}

void question_parse(const struct loaded *model, struct recommender *r, const json_t *json, const struct rules *rules, struct question *q,
                    struct arena *arena)
{
    *q = (struct question){.key = "", .row = UINT32_MAX, .rules = *rules};
    if (json_is_object(json))
        parse_object(model, r, json, q, arena);
    else
        take_query(model, json, q, arena);
    if (q->rules.k > model->n_candidates)
        q->rules.k = model->n_candidates;
    if (q->rules.rerank != NULL && q->kind == QUESTION_SIMILAR)
        die(EXIT_USAGE, "rerank: similar_to asks for nobody for whom a head could predict");
    if (q->rules.rerank != NULL)
        q->head = recommender_head(r, "rerank", q->rules.rerank, arena);
    find_allowed(model, r, q, arena);
}
