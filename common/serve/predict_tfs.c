// TensorFlow Serving's REST API: POST /v1/models/NAME[/versions/N]:predict. Source: its api_rest.md.
//
//     {"instances": ["42", {"user_id": "7", "k": 3}], "k": 5}    ->  {"predictions": [{"output_1": [scores], "output_2": [keys]}, ...]}
//     {"inputs": ["42", "7"]}                                    ->  {"outputs": {"output_1": [[scores], ...], "output_2": [[keys], ...]}}
//     {"inputs": {"user_id": ["42", "7"], "k": [5, 3]}}              the same, column by column
//
// output_1 and output_2 are what a saved index of TensorFlow Recommenders calls scores and identifiers. Where some answer is not what
// was asked for, "fallback" says which, instance by instance: null, "features" or "popularity". The rules of question.h may stand beside
// the instances; signature_name is "serving_default" or left out.
#include <string.h>

#include "common/serve/ticket.h"

struct tfs {
    bool columns;                      // inputs, not instances
};

// The i-th object of an object of columns.
static json_t *row_of(const json_t *columns, size_t i)
{
    json_t *row = json_object(), *value;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)columns, name, value)
        json_object_set(row, name, json_array_get(value, i));
    return row;
}

// {"user_id": ["42", "7"]} as a list of objects, which joins the request as its instances, to be freed with it.
static json_t *turn(json_t *json, const json_t *columns)
{
    const char *name, *first = NULL;
    json_t *value, *rows = json_array();
    json_object_set_new(json, "instances", rows);
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)columns, name, value) {
        if (!json_is_array(value))
            die(EXIT_USAGE, "inputs: %s is no list", quoted_text(name));
        if (first != NULL && json_array_size(value) != n)
            die(EXIT_USAGE, "inputs: %s has %zu values, but %s has %zu", quoted_text(name), json_array_size(value), quoted_text(first), n);
        first = name;
        n = json_array_size(value);
    }
    if (n > TICKET_QUESTIONS_MAX)
        die(EXIT_USAGE, "%zu instances, wanted at most %d in a request", n, TICKET_QUESTIONS_MAX);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(rows, row_of(columns, i));
    return rows;
}

static void check_signature(const json_t *value)
{
    const char *name = json_string_value(value);
    if (name == NULL)
        die(EXIT_USAGE, "signature_name: wanted a text");
    if (name[0] != '\0' && strcmp(name, "serving_default") != 0)
        die(EXIT_USAGE, "Serving signature name: %s not found in signature def", quoted_text(name));
}

static void parse(struct ticket *ticket, struct recommender *r, struct arena *arena)
{
    struct tfs *tfs = arena_zeros(arena, 1, sizeof *tfs);
    struct rules rules = rules_default;
    ticket->state = tfs;
    ticket_json(ticket);
    if (!json_is_object(ticket->json))
        die(EXIT_USAGE, "wanted an object of JSON with instances or inputs");
    const char *name;
    json_t *value, *instances = json_object_get(ticket->json, "instances"), *inputs = json_object_get(ticket->json, "inputs");
    json_object_foreach(ticket->json, name, value) {
        if (strcmp(name, "signature_name") == 0)
            check_signature(value);
        else if (value != instances && value != inputs && !rules_take(&rules, name, value))
            die(EXIT_USAGE, "unknown member %s of the request", quoted_text(name));
    }
    if ((instances == NULL) == (inputs == NULL))
        die(EXIT_USAGE, "%s", instances == NULL ? "Missing 'inputs' or 'instances' key" : "'inputs' and 'instances': choose one");
    tfs->columns = inputs != NULL;
    json_t *values = instances != NULL ? instances : json_is_object(inputs) ? turn(ticket->json, inputs) : inputs;
    if (!json_is_array(values))
        die(EXIT_USAGE, "%s: wanted a list", tfs->columns ? "inputs" : "instances");
    size_t n = json_array_size(values);
    if (n > TICKET_QUESTIONS_MAX)
        die(EXIT_USAGE, "%zu instances, wanted at most %d in a request", n, TICKET_QUESTIONS_MAX);
    json_t **each = arena_array(arena, n + 1, sizeof *each);
    for (size_t i = 0; i < n; i++)
        each[i] = json_array_get(values, i);
    ticket_questions(ticket, r, each, n, &rules, arena);
}

static void put_scores(struct bytes *out, const struct question *q)
{
    bytes_add(out, "[", 1);
    for (size_t i = 0; i < q->list.n_hits; i++)
        bytes_printf(out, "%s%.9g", i > 0 ? ", " : "", (double)q->list.hits[i].score);
    bytes_add(out, "]", 1);
}

static void put_keys(struct bytes *out, const struct loaded *model, const struct question *q)
{
    bytes_add(out, "[", 1);
    for (size_t i = 0; i < q->list.n_hits; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        json_put_text(out, model->candidate_keys[q->list.hits[i].row]);
    }
    bytes_add(out, "]", 1);
}

static void put_fallbacks(struct bytes *out, const struct ticket *ticket)
{
    bool any = false;
    for (size_t i = 0; i < ticket->n; i++)
        any |= ticket->questions[i].fallback != FALLBACK_NONE;
    if (!any)
        return;
    bytes_printf(out, ", \"fallback\": [");
    for (size_t i = 0; i < ticket->n; i++) {
        const char *name = fallback_name(ticket->questions[i].fallback);
        bytes_printf(out, name != NULL ? "%s\"%s\"" : "%s%s", i > 0 ? ", " : "", name != NULL ? name : "null");
    }
    bytes_printf(out, "]");
}

static void write_rows(const struct ticket *ticket, struct bytes *out)
{
    bytes_printf(out, "{\"predictions\": [");
    for (size_t i = 0; i < ticket->n; i++) {
        bytes_printf(out, "%s{\"output_1\": ", i > 0 ? ", " : "");
        put_scores(out, &ticket->questions[i]);
        bytes_printf(out, ", \"output_2\": ");
        put_keys(out, ticket->model, &ticket->questions[i]);
        bytes_printf(out, "}");
    }
    bytes_printf(out, "]");
}

static void write_columns(const struct ticket *ticket, struct bytes *out)
{
    bytes_printf(out, "{\"outputs\": {\"output_1\": [");
    for (size_t i = 0; i < ticket->n; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        put_scores(out, &ticket->questions[i]);
    }
    bytes_printf(out, "], \"output_2\": [");
    for (size_t i = 0; i < ticket->n; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        put_keys(out, ticket->model, &ticket->questions[i]);
    }
    bytes_printf(out, "]}");
}

static void write(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena)
{
    (void)r;
    (void)arena;
    if (((struct tfs *)ticket->state)->columns)
        write_columns(ticket, out);
    else
        write_rows(ticket, out);
    put_fallbacks(out, ticket);
    bytes_printf(out, "}\n");
}

const struct format format_tfs_predict = {.type = "application/json", .parse = parse, .write = write};
