// The Open Inference Protocol, version 2, over REST: POST /v2/models/NAME[/versions/N]/infer. Source: KServe's inference_rest.md.
//
//     {"id": "7", "inputs": [{"name": "user_id", "shape": [2], "datatype": "BYTES", "data": ["42", "nobody"]}], "parameters": {"k": 3}}
//     {"model_name": "movies", "model_version": "1", "id": "7", "outputs": [
//         {"name": "output_1", "datatype": "FP32", "shape": [2, 3], "data": [scores of the first, then of the second]},
//         {"name": "output_2", "datatype": "BYTES", "shape": [2, 3], "data": [keys]},
//         {"name": "fallback", "datatype": "BYTES", "shape": [2], "data": ["", "popularity"]}]}
//
// A tensor of the inputs is a column of question.h, a value an instance: the key of queries, another column that the model reads, or a rule,
// such as `k`. The rules may also be parameters of the request. `outputs`, if given, chooses by name. A list that is shorter than the longest is
// filled up with scores of 0 and empty keys.
#include <string.h>

#include "common/serve/ticket.h"

struct v2 {
    const char *id;
    bool wants[3];                     // output_1, output_2, fallback
};

static const char *const outputs[] = {"output_1", "output_2", "fallback"};

// Whether the datatype is one of the protocol's, and fits the value.
static bool fits(const char *type, const json_t *value)
{
    if (strcmp(type, "BYTES") == 0)
        return json_is_string(value);
    if (strcmp(type, "BOOL") == 0)
        return json_is_boolean(value);
    if (strncmp(type, "FP", 2) == 0)
        return json_is_number(value);
    return (strncmp(type, "INT", 3) == 0 || strncmp(type, "UINT", 4) == 0) && json_is_integer(value);
}

// The number of values in a tensor of shape [n] or [n, 1].
static size_t check_shape(const char *name, const json_t *tensor)
{
    const json_t *shape = json_object_get(tensor, "shape"), *data = json_object_get(tensor, "data");
    size_t n = json_array_size(data);
    if (!json_is_array(data))
        die(EXIT_USAGE, "input %s: wanted a list of data", quoted_text(name));
    if (json_array_size(shape) < 1 || json_array_size(shape) > 2 || json_integer_value(json_array_get(shape, 0)) != (json_int_t)n ||
        (json_array_size(shape) == 2 && json_integer_value(json_array_get(shape, 1)) != 1))
        die(EXIT_USAGE, "input %s: wanted the shape [%zu], for as much data", quoted_text(name), n);
    if (n > TICKET_QUESTIONS_MAX)
        die(EXIT_USAGE, "%zu instances, wanted at most %d in a request", n, TICKET_QUESTIONS_MAX);
    return n;
}

// Adds the tensor's values to the rows, one object an instance.
static void take_tensor(const json_t *tensor, json_t *rows, bool first)
{
    const char *name = json_string_value(json_object_get(tensor, "name")), *type = json_string_value(json_object_get(tensor, "datatype"));
    if (name == NULL || type == NULL)
        die(EXIT_USAGE, "inputs: wanted tensors with name, shape, datatype and data");
    size_t n = check_shape(name, tensor);
    if (!first && n != json_array_size(rows))
        die(EXIT_USAGE, "input %s has %zu values, but others have %zu", quoted_text(name), n, json_array_size(rows));
    for (size_t i = 0; i < n; i++) {
        json_t *value = json_array_get(json_object_get(tensor, "data"), i);
        if (!fits(type, value))
            die(EXIT_USAGE, "input %s: value %zu is none of the type %s", quoted_text(name), i, quoted_text(type));
        if (first)
            json_array_append_new(rows, json_object());
        json_object_set(json_array_get(rows, i), name, value);
    }
}

static void take_outputs(const json_t *wanted, struct v2 *v2)
{
    if (!json_is_array(wanted))
        die(EXIT_USAGE, "outputs: wanted a list");
    memset(v2->wants, 0, sizeof v2->wants);
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(wanted, i), "name"));
        size_t known = 0;
        while (known < 3 && (name == NULL || strcmp(outputs[known], name) != 0))
            known++;
        if (known == 3)
            die(EXIT_USAGE, "outputs: wanted output_1, output_2 or fallback");
        v2->wants[known] = true;
    }
}

static void take_parameters(const json_t *parameters, struct rules *rules)
{
    const char *name;
    json_t *value;
    if (!json_is_object(parameters))
        die(EXIT_USAGE, "parameters: wanted an object");
    json_object_foreach((json_t *)(uintptr_t)parameters, name, value)
        if (!rules_take(rules, name, value))
            die(EXIT_USAGE, "unknown parameter %s", quoted_text(name));
}

static void parse(struct ticket *ticket, struct recommender *r, struct arena *arena)
{
    struct v2 *v2 = arena_zeros(arena, 1, sizeof *v2);
    struct rules rules = rules_default;
    *v2 = (struct v2){.wants = {true, true, true}};
    ticket->state = v2;
    ticket_json(ticket);
    const char *name;
    json_t *value, *inputs = json_object_get(ticket->json, "inputs");
    if (!json_is_object(ticket->json) || !json_is_array(inputs) || json_array_size(inputs) == 0)
        die(EXIT_USAGE, "wanted an object of JSON with a list of inputs");
    json_object_foreach(ticket->json, name, value) {
        if (strcmp(name, "id") == 0 && json_is_string(value))
            v2->id = json_string_value(value);
        else if (strcmp(name, "parameters") == 0)
            take_parameters(value, &rules);
        else if (strcmp(name, "outputs") == 0)
            take_outputs(value, v2);
        else if (value != inputs)
            die(EXIT_USAGE, "unknown member %s of the request", quoted_text(name));
    }
    json_t *rows = json_array();
    json_object_set_new(ticket->json, "instances", rows);
    for (size_t i = 0; i < json_array_size(inputs); i++)
        take_tensor(json_array_get(inputs, i), rows, i == 0);
    size_t n = json_array_size(rows);
    json_t **each = arena_array(arena, n + 1, sizeof *each);
    for (size_t i = 0; i < n; i++)
        each[i] = json_array_get(rows, i);
    ticket_questions(ticket, r, each, n, &rules, arena);
}

static void put_hits(const struct ticket *ticket, struct bytes *out, size_t width, bool keys)
{
    bytes_printf(out, "{\"name\": \"%s\", \"datatype\": \"%s\", \"shape\": [%zu, %zu], \"data\": [", keys ? "output_2" : "output_1",
                 keys ? "BYTES" : "FP32", ticket->n, width);
    for (size_t i = 0; i < ticket->n * width; i++) {
        const struct topk_query *list = &ticket->questions[i / width].list;
        const struct topk_hit *hit = i % width < list->n_hits ? &list->hits[i % width] : NULL;
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        if (keys)
            json_put_text(out, hit != NULL ? ticket->model->candidate_keys[hit->row] : "");
        else
            bytes_printf(out, "%.9g", hit != NULL ? (double)hit->score : 0);
    }
    bytes_printf(out, "]}");
}

static void put_fallbacks(const struct ticket *ticket, struct bytes *out)
{
    bytes_printf(out, "{\"name\": \"fallback\", \"datatype\": \"BYTES\", \"shape\": [%zu], \"data\": [", ticket->n);
    for (size_t i = 0; i < ticket->n; i++) {
        const char *name = fallback_name(ticket->questions[i].fallback);
        bytes_printf(out, "%s\"%s\"", i > 0 ? ", " : "", name != NULL ? name : "");
    }
    bytes_printf(out, "]}");
}

static void write(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena)
{
    (void)r;
    (void)arena;
    const struct v2 *v2 = ticket->state;
    size_t width = 0, shown = 0;
    for (size_t i = 0; i < ticket->n; i++)
        width = ticket->questions[i].list.n_hits > width ? ticket->questions[i].list.n_hits : width;
    bytes_printf(out, "{\"model_name\": ");
    json_put_text(out, ticket->model->name);
    bytes_printf(out, ", \"model_version\": \"%llu\"", (unsigned long long)ticket->model->version);
    if (v2->id != NULL) {
        bytes_printf(out, ", \"id\": ");
        json_put_text(out, v2->id);
    }
    bytes_printf(out, ", \"outputs\": [");
    for (size_t i = 0; i < 3; i++) {
        if (!v2->wants[i])
            continue;
        bytes_add(out, ", ", shown++ > 0 ? 2 : 0);
        if (i == 2)
            put_fallbacks(ticket, out);
        else
            put_hits(ticket, out, width, i == 1);
    }
    bytes_printf(out, "]}\n");
}

const struct format format_v2_infer = {.type = "application/json", .parse = parse, .write = write};
