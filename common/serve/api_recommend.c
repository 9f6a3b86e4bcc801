// Recommendations, what the query took before, and why.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/index/similar.h"
#include "common/serve/api.h"

enum { HISTORY_MAX = 1000, WHY_OF_MAX = 200, WHY_MAX = 2 };

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

static void put_why(struct bytes *out, const struct loaded *model, struct recommender *r, const struct liked *liked, uint32_t row,
                    struct arena *arena)
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
