#define _POSIX_C_SOURCE 200809L
#include "common/serve/api.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/index/metric.h"
#include "common/index/similar.h"
#include "common/stream/lines.h"

enum { VALUES_MAX = 50, RESULTS_MAX = 100, HISTORY_MAX = 1000, WHY_OF_MAX = 200, WHY_MAX = 2 };

void api_models(struct service *service, struct bytes *out)
{
    size_t n;
    struct loaded **all = service_all(service, &n);
    bytes_printf(out, "{\"models\": [");
    for (size_t i = 0, shown = 0; i < n; i++) {
        const struct loaded *l = all[i];
        if (i + 1 < n && strcmp(all[i + 1]->name, l->name) == 0)
            continue;
        bytes_printf(out, "%s{\"name\": ", shown++ > 0 ? ", " : "");
        json_put_text(out, l->name);
        bytes_printf(out, ", \"version\": %llu, \"candidates\": %zu, \"queries\": %zu}", (unsigned long long)l->version, l->n_candidates, l->n_queries);
    }
    bytes_printf(out, "]}\n");
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
}

struct value {
    uint32_t number;
    size_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : (x->number > y->number) - (x->number < y->number);
}

// The different values of a text or list column, if they are few.
static void put_values(struct bytes *out, const struct held *table, size_t column)
{
    size_t n, counts[VALUES_MAX + 1] = {0};
    const struct frame *frames = held_frames(table, &n);
    struct map *known = map_new();
    for (size_t f = 0; f < n && map_size(known) <= VALUES_MAX; f++) {
        const struct cells *cells = &frames[f].cells[column];
        size_t m = cells->lists != NULL ? cells->n : frames[f].rows;
        for (size_t i = 0; i < m && map_size(known) <= VALUES_MAX; i++) {
            struct text text = cells_text(cells, i);
            counts[map_add(known, text.data, text.length)]++;
        }
    }
    struct value values[VALUES_MAX];
    size_t many = map_size(known);
    for (size_t i = 0; i < many && many <= VALUES_MAX; i++)
        values[i] = (struct value){(uint32_t)i, counts[i]};
    if (many <= VALUES_MAX) {
        qsort(values, many, sizeof *values, by_count);
        bytes_printf(out, ", \"values\": [");
        for (size_t i = 0; i < many; i++) {
            size_t length;
            const char *text = map_key(known, values[i].number, &length);
            bytes_add(out, ", ", i > 0 ? 2 : 0);
            lines_text(out, text, length, true);
        }
        bytes_printf(out, "]");
    }
    map_free(known);
}

static void put_column(struct bytes *out, const struct held *table, size_t column)
{
    const struct column *c = &held_schema(table)->columns[column];
    bool text = c->type.element == ELEMENT_STR;
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, c->name);
    bytes_printf(out, ", \"type\": \"%s\", \"operators\": [%s]", c->type.list ? "list" : text ? "text" : "number",
                 c->type.list ? "\"has\"" : text ? "\"=\", \"!=\"" : "\"<\", \"<=\", \"=\", \"!=\", \">=\", \">\"");
    if (text)
        put_values(out, table, column);
    bytes_printf(out, "}");
}

static void put_features(struct bytes *out, const struct recommender *r)
{
    const char *names[COLUMNS_MAX];
    size_t n = 0;
    bytes_printf(out, ", \"features\": [");
    for (size_t i = 0; i < r->asks->n_inputs && n < COLUMNS_MAX; i++) {
        const struct config_feature *input = r->asks->inputs[i];
        size_t known = 0;
        while (known < n && strcmp(names[known], input->from) != 0)
            known++;
        if (known < n || input->follows || input->gathers || strcmp(input->from, config_key(r->config, &r->config->query)) == 0)
            continue;
        bytes_add(out, ", ", n > 0 ? 2 : 0);
        json_put_text(out, input->from);
        names[n++] = input->from;
    }
    bytes_printf(out, "], \"heads\": [");
    const struct config_head *const *heads;
    n = r->predictor != NULL ? predictor_heads(r->predictor, &heads) : 0;
    for (size_t i = 0; i < n; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        json_put_text(out, heads[i]->name);
    }
    bytes_printf(out, "]");
}

void api_info(const struct loaded *model, struct bytes *out)
{
    const struct recommender *r = model->recommenders[0];
    const struct config *c = model->config;
    const struct schema *schema = held_schema(r->candidates);
    const char *slash = strrchr(model->path, '/');
    char loaded[32];
    struct tm at;
    strftime(loaded, sizeof loaded, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&model->loaded_at, &at));
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, model->name);
    bytes_printf(out, ", \"version\": %llu, \"query\": ", (unsigned long long)model->version);
    json_put_text(out, config_key(c, &c->query));
    bytes_printf(out, ", \"candidate\": ");
    json_put_text(out, recommender_key(r));
    bytes_printf(out, ", \"title\": ");
    json_put_text(out, schema->columns[model->shown[0]].name);
    bytes_printf(out, ", \"columns\": [");
    for (size_t i = 0; i < model->n_shown; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        put_column(out, r->candidates, model->shown[i]);
    }
    bytes_printf(out, "]");
    put_features(out, r);
    bytes_printf(out, ", \"label\": ");
    if (c->label != NULL)
        json_put_text(out, c->label);
    else
        bytes_printf(out, "null");
    bytes_printf(out, ", \"counts\": {\"candidates\": %zu, \"queries\": %zu, \"interactions\": %zu}", model->n_candidates, model->n_queries,
                 model->n_interactions);
    bytes_printf(out, ", \"index\": {\"kind\": \"%s\", \"metric\": \"%s\", \"dim\": %zu}, \"file\": ", r->index->kind->name,
                 metric_name(r->index->metric), r->index->dim);
    json_put_text(out, slash != NULL ? slash + 1 : model->path);
    bytes_printf(out, ", \"loaded\": \"%s\"}\n", loaded);
}

// Searching for keys and titles.

struct found {
    int rank;
    uint32_t count, row;
};

struct search {
    bool candidates;
    size_t n_wanted, n;
    struct found found[RESULTS_MAX];
};

static bool begins_word(const char *text, const char *at)
{
    return at == text || !isalnum((unsigned char)at[-1]);
}

// How well a text has what is sought, which is in lower case: 4 is the same, 3 begins so, 2 a word of it does, 1 it is in there, 0 not.
static int rank_of(const char *text, size_t length, const char *sought, size_t n)
{
    int best = 0;
    for (size_t at = 0; at + n <= length; at++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[at + i]) == sought[i])
            i++;
        if (i < n)
            continue;
        int rank = at == 0 ? (n == length ? 4 : 3) : begins_word(text, text + at) ? 2 : 1;
        best = rank > best ? rank : best;
        if (best >= 2)
            break;
    }
    return best;
}

static bool is_before(const struct found *a, const struct found *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->count != b->count ? a->count > b->count : a->row < b->row;
}

static void offer(struct search *s, struct found found)
{
    size_t at = s->n;
    if (at == s->n_wanted && !is_before(&found, &s->found[at - 1]))
        return;
    s->n += s->n < s->n_wanted;
    for (at = s->n - 1; at > 0 && is_before(&found, &s->found[at - 1]); at--)
        s->found[at] = s->found[at - 1];
    s->found[at] = found;
}

static uint32_t taken(const struct loaded *model, size_t query)
{
    return model->past_ends[query] - (query > 0 ? model->past_ends[query - 1] : 0);
}

static void search_queries(const struct loaded *model, struct search *s, const char *sought, size_t n)
{
    for (size_t row = 0; row < model->n_queries; row++) {
        int rank = rank_of(model->query_keys[row], strlen(model->query_keys[row]), sought, n);
        if (rank > 0 || n == 0)
            offer(s, (struct found){n > 0 ? rank : 1, taken(model, row), (uint32_t)row});
    }
}

static void search_candidates(const struct loaded *model, struct recommender *r, struct search *s, const char *sought, size_t n)
{
    size_t n_frames, row = 0;
    const struct frame *frames = held_frames(r->candidates, &n_frames);
    for (size_t f = 0; f < n_frames; f++)
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            int best = rank_of(model->candidate_keys[row], strlen(model->candidate_keys[row]), sought, n);
            for (size_t c = 0; c < model->n_shown && n > 0; c++) {
                size_t column = model->shown[c];
                struct type type = frames[f].schema->columns[column].type;
                if (type.element != ELEMENT_STR || type.list)
                    continue;
                struct text text = cells_text(&frames[f].cells[column], i);
                int rank = rank_of(text.data, text.length, sought, n);
                best = rank > best ? rank : best;
            }
            if (best > 0 || n == 0)
                offer(s, (struct found){n > 0 ? best : 1, model->counts[row], (uint32_t)row});
        }
}

static void parse_search(struct ticket *ticket, struct recommender *r, struct arena *arena)
{
    struct search *s = arena_zeros(arena, 1, sizeof *s);
    const char *side = http_parameter(ticket->request, "side"), *q = http_parameter(ticket->request, "q"), *n = http_parameter(ticket->request, "n");
    if (side == NULL || (strcmp(side, "query") != 0 && strcmp(side, "candidate") != 0))
        die(EXIT_USAGE, "side: wanted query or candidate");
    char *end;
    size_t wanted = n != NULL ? strtoul(n, &end, 10) : 10;
    if (n != NULL && (!isdigit((unsigned char)n[0]) || *end != '\0' || wanted < 1 || wanted > RESULTS_MAX))
        die(EXIT_USAGE, "n: wanted a whole number from 1 to %d", RESULTS_MAX);
    char *sought = arena_text(arena, q != NULL ? q : "", q != NULL ? strlen(q) : 0);
    if (!utf8_valid(sought, strlen(sought), NULL))
        die(EXIT_USAGE, "q: wanted UTF-8");
    for (char *c = sought; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    s->n_wanted = wanted;
    s->candidates = side[0] == 'c';
    ticket->state = s;
    if (s->candidates)
        search_candidates(ticket->model, r, s, sought, strlen(sought));
    else
        search_queries(ticket->model, s, sought, strlen(sought));
}

static void write_search(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena)
{
    (void)arena;
    const struct search *s = ticket->state;
    bytes_printf(out, "{\"results\": [");
    for (size_t i = 0; i < s->n; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        if (s->candidates) {
            json_put_candidate(out, ticket->model, r, s->found[i].row);
        } else {
            bytes_printf(out, "\"key\": ");
            json_put_text(out, ticket->model->query_keys[s->found[i].row]);
            bytes_printf(out, ", \"row\": %u", s->found[i].row);
        }
        bytes_printf(out, ", \"count\": %u}", s->found[i].count);
    }
    bytes_printf(out, "]}\n");
}

// Recommendations.

struct past {
    uint32_t candidate;
    double label, time;
    size_t row;
};

struct recommend {
    size_t history;
    struct past *past;                 // (n_past) of the query, best first
    size_t n_past;
};

// {"query": ..., "features": {...}} as an object of question.h.
static json_t *as_question(struct recommender *r, json_t *json, struct recommend *a)
{
    json_t *question = json_object(), *value;
    const char *name, *inner;
    json_object_set_new(json, "question of the request", question);
    json_object_foreach(json, name, value) {
        if (value == question)
            continue;
        if (strcmp(name, "query") == 0) {
            json_object_set(question, config_key(r->config, &r->config->query), value);
        } else if (strcmp(name, "similar") == 0) {
            json_object_set(question, "similar_to", value);
        } else if (strcmp(name, "history") == 0) {
            if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > HISTORY_MAX)
                die(EXIT_USAGE, "history: wanted a whole number from 0 to %d", HISTORY_MAX);
            a->history = (size_t)json_integer_value(value);
        } else if (strcmp(name, "features") == 0) {
            json_t *given;
            if (!json_is_object(value))
                die(EXIT_USAGE, "features: wanted an object of columns and values");
            json_object_foreach(value, inner, given)
                json_object_set(question, inner, given);
        } else {
            json_object_set(question, name, value);
        }
    }
    return question;
}

static void parse_recommend(struct ticket *ticket, struct recommender *r, struct arena *arena)
{
    struct recommend *a = arena_zeros(arena, 1, sizeof *a);
    a->history = 20;
    ticket->state = a;
    ticket_json(ticket);
    if (!json_is_object(ticket->json))
        die(EXIT_USAGE, "wanted an object of JSON with query, likes or similar");
    json_t *question = as_question(r, ticket->json, a);
    ticket_questions(ticket, r, &question, 1, &rules_default, arena);
}

static double number_at(const struct frame *frame, const char *name, size_t row)
{
    size_t column = name != NULL ? schema_find(frame->schema, name) : SIZE_MAX;
    if (column == SIZE_MAX)
        return NAN;
    const struct column *c = &frame->schema->columns[column];
    const void *values = frame->cells[column].values;
    if (c->type.list || c->type.dim != 0)
        return NAN;
    return c->type.element == ELEMENT_F32   ? (double)((const float *)values)[row]
           : c->type.element == ELEMENT_F64 ? ((const double *)values)[row]
           : c->type.element == ELEMENT_I64 ? (double)((const int64_t *)values)[row]
                                            : (double)NAN;
}

static int by_preference(const void *left, const void *right)
{
    const struct past *a = left, *b = right;
    if (a->label != b->label)
        return a->label > b->label ? -1 : 1;
    if (a->time != b->time)
        return a->time > b->time ? -1 : 1;
    return (a->row < b->row) - (a->row > b->row);
}

static void find_past(const struct loaded *model, const struct recommender *r, uint32_t query, struct recommend *a, struct arena *arena)
{
    size_t first = query > 0 ? model->past_ends[query - 1] : 0;
    a->n_past = model->past_ends[query] - first;
    a->past = arena_array(arena, a->n_past + 1, sizeof *a->past);
    for (size_t i = 0; i < a->n_past; i++) {
        size_t row = model->past[first + i];
        const struct frame *frame = held_find(r->interactions, &row);
        double label = number_at(frame, model->config->label, row), time = number_at(frame, model->config->time, row);
        a->past[i] = (struct past){((const uint32_t *)frame_column(frame, "candidate", "u32")->values)[row], isnan(label) ? -INFINITY : label,
                                   isnan(time) ? -INFINITY : time, model->past[first + i]};
    }
    if (a->n_past > 0)
        qsort(a->past, a->n_past, sizeof *a->past, by_preference);
}

// The vectors of the candidates, of length 1, and their rows.
struct liked {
    uint32_t *rows;
    float *directions;
    size_t n;
};

static struct liked find_liked(const struct recommender *r, const struct question *q, const struct recommend *a, struct arena *arena)
{
    size_t n = q->kind == QUESTION_LIKES ? q->n_likes : a->n_past, dim = r->index->dim;
    struct liked liked = {.n = n < WHY_OF_MAX ? n : WHY_OF_MAX};
    liked.rows = arena_array(arena, liked.n + 1, sizeof *liked.rows);
    liked.directions = arena_array(arena, liked.n * dim + 1, sizeof *liked.directions);
    for (size_t i = 0; i < liked.n; i++) {
        liked.rows[i] = q->kind == QUESTION_LIKES ? q->likes[i] : a->past[i].candidate;
        index_direction(r->index, liked.rows[i], liked.directions + i * dim);
    }
    return liked;
}

static void put_why(struct bytes *out, const struct loaded *model, struct recommender *r, const struct liked *liked, uint32_t row, struct arena *arena)
{
    size_t dim = r->index->dim, n = 0, best[WHY_MAX];
    double cosines[WHY_MAX];
    float *direction = arena_array(arena, dim, sizeof *direction);
    index_direction(r->index, row, direction);
    for (size_t i = 0; i < liked->n; i++) {
        double cosine = 0;
        for (size_t d = 0; d < dim; d++)
            cosine += (double)direction[d] * (double)liked->directions[i * dim + d];
        if (!(cosine > 0) || liked->rows[i] == row || (n == WHY_MAX && cosine <= cosines[n - 1]))
            continue;
        n += n < WHY_MAX;
        size_t at = n - 1;
        for (; at > 0 && cosine > cosines[at - 1]; at--) {
            cosines[at] = cosines[at - 1];
            best[at] = best[at - 1];
        }
        cosines[at] = cosine;
        best[at] = i;
    }
    bytes_printf(out, ", \"why\": [");
    for (size_t i = 0; i < n; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        json_put_candidate(out, model, r, liked->rows[best[i]]);
        bytes_printf(out, ", \"similarity\": %.4f}", cosines[i]);
    }
    bytes_printf(out, "]");
}

static void put_history(struct bytes *out, const struct loaded *model, struct recommender *r, const struct recommend *a)
{
    bytes_printf(out, ", \"history\": [");
    for (size_t i = 0; i < a->n_past && i < a->history; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        json_put_candidate(out, model, r, a->past[i].candidate);
        if (isfinite(a->past[i].label))
            bytes_printf(out, ", \"label\": %.9g", a->past[i].label);
        bytes_printf(out, "}");
    }
    bytes_printf(out, "], \"history_count\": %zu", a->n_past);
}

static void write_recommend(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena)
{
    const struct question *q = &ticket->questions[0];
    struct recommend *a = ticket->state;
    const struct loaded *model = ticket->model;
    const char *fallback = fallback_name(q->fallback);
    if (q->kind == QUESTION_QUERY && q->row != UINT32_MAX)
        find_past(model, r, q->row, a, arena);
    struct liked liked = find_liked(r, q, a, arena);
    bytes_printf(out, "{\"known\": %s, ", q->kind != QUESTION_QUERY || q->row != UINT32_MAX ? "true" : "false");
    bytes_printf(out, fallback != NULL ? "\"fallback\": \"%s\"" : "\"fallback\": %s", fallback != NULL ? fallback : "null");
    put_history(out, model, r, a);
    bytes_printf(out, ", \"recommendations\": [");
    for (size_t i = 0; i < q->list.n_hits; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        json_put_candidate(out, model, r, q->list.hits[i].row);
        bytes_printf(out, ", \"score\": %.9g", (double)q->list.hits[i].score);
        put_why(out, model, r, &liked, q->list.hits[i].row, arena);
        bytes_printf(out, "}");
    }
    bytes_printf(out, "], \"ms\": %.3f}\n", 1e3 * (clock_seconds() - ticket->request->began_s));
}

const struct format format_api_recommend = {.type = "application/json", .parse = parse_recommend, .write = write_recommend};
const struct format format_api_search = {.type = "application/json", .parse = parse_search, .write = write_search};
