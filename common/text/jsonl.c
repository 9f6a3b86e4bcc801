#include "common/text/jsonl.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"

struct jsonl {
    const char *const *names;
    size_t n_names;
    json_t *object;           // of the row handed out: its texts are borrowed
    struct arena arena;       // of the row handed out
    struct field *fields;
    char bad[400];
};

struct jsonl *jsonl_new(const char *const *names, size_t n_names)
{
    struct jsonl *jsonl = memory_zeros(1, sizeof *jsonl);
    jsonl->names = names;
    jsonl->n_names = n_names;
    jsonl->fields = memory_zeros(n_names, sizeof *jsonl->fields);
    return jsonl;
}

// The shortest of the notations with 15 to 17 digits that reads back the same.
static char *real_text(struct arena *arena, double x)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    return arena_text(arena, text, strlen(text));
}

static bool scalar(struct jsonl *jsonl, const json_t *value, struct field *field)
{
    const char *text = NULL;
    switch (json_typeof(value)) {
    case JSON_STRING:
        *field = (struct field){.data = json_string_value(value), .length = json_string_length(value)};
        return true;
    case JSON_INTEGER:
        text = arena_printf(&jsonl->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        text = real_text(&jsonl->arena, json_real_value(value));
        break;
    case JSON_TRUE:
        text = "true";
        break;
    case JSON_FALSE:
        text = "false";
        break;
    case JSON_NULL:
        text = "";
        break;
    default:
        return false;
    }
    *field = (struct field){.data = text, .length = strlen(text)};
    return true;
}

static bool member(struct jsonl *jsonl, const json_t *value, struct field *field)
{
    if (!json_is_array(value))
        return scalar(jsonl, value, field);
    size_t n = json_array_size(value);
    struct field *items = arena_array(&jsonl->arena, n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        if (!scalar(jsonl, json_array_get(value, i), &items[i]))
            return false;
    *field = (struct field){.data = "", .items = items, .n_items = n};
    return true;
}

static const char *missing(struct jsonl *jsonl, const char *name)
{
    struct bytes names = {0};
    const char *key;
    json_t *value;
    json_object_foreach(jsonl->object, key, value) {
        if (names.length > 250)
            break;
        bytes_printf(&names, "%s%s", names.length > 0 ? ", " : "", quoted_text(key));
    }
    snprintf(jsonl->bad, sizeof jsonl->bad, "no member %s: the object has %s", quoted_text(name),
             names.length > 0 ? names.data : "none");
    free(names.data);
    return jsonl->bad;
}

void jsonl_row(struct jsonl *jsonl, const struct line *line, struct row *row)
{
    json_error_t error;
    json_decref(jsonl->object);
    arena_reset(&jsonl->arena);
    *row = (struct row){.line = line->number, .fields = jsonl->fields, .n = jsonl->n_names};
    jsonl->object = json_loadb(line->data, line->length, JSON_REJECT_DUPLICATES, &error);
    if (jsonl->object == NULL) {
        snprintf(jsonl->bad, sizeof jsonl->bad, "byte %d: %s", error.position, quoted_text(error.text));
        row->bad = jsonl->bad;
        return;
    }
    if (!json_is_object(jsonl->object)) {
        row->bad = "no JSON object";
        return;
    }
    for (size_t i = 0; i < jsonl->n_names && row->bad == NULL; i++) {
        const json_t *value = json_object_get(jsonl->object, jsonl->names[i]);
        if (value == NULL) {
            row->bad = missing(jsonl, jsonl->names[i]);
        } else if (!member(jsonl, value, &jsonl->fields[i])) {
            snprintf(jsonl->bad, sizeof jsonl->bad, "%s: an object or an array of arrays, wanted text, a number or a list",
                     quoted_text(jsonl->names[i]));
            row->bad = jsonl->bad;
        }
    }
}

void jsonl_free(struct jsonl *jsonl)
{
    if (jsonl == NULL)
        return;
    json_decref(jsonl->object);
    arena_free(&jsonl->arena);
    free(jsonl->fields);
    free(jsonl);
}
