// The columns that features are made from, with defaults in place of what is missing.
#include <math.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/text/numbers.h"

static _Noreturn void refuse(const struct feature *feature, const struct frame *rows, size_t row, const char *why)
{
    die(EXIT_INPUT, "%s%stable %s: row %zu: column %s %s%s", rows->place != NULL ? rows->place : "", rows->place != NULL ? ": " : "",
        quoted_text(rows->schema->table), row, quoted_text(feature->config->from), why, quoted_text(feature->config->name));
}

// Texts with the default for empty ones; lists, if there are any, are the caller's.
static struct cells filled(const struct cells *in, const char *otherwise, struct arena *arena)
{
    size_t length = strlen(otherwise), bytes = in->texts[in->n], empty = 0;
    for (size_t i = 0; i < in->n; i++)
        empty += in->texts[i + 1] == in->texts[i];
    if (bytes + empty * length > UINT32_MAX)
        die(EXIT_INPUT, "a column of more than 4 GiB of text");
    uint32_t *texts = arena_array(arena, in->n + 1, sizeof *texts);
    char *out = arena_array(arena, bytes + empty * length, 1);
    texts[0] = 0;
    for (size_t i = 0; i < in->n; i++) {
        struct text text = cells_text(in, i);
        if (text.length == 0)
            text = (struct text){otherwise, length};
        memcpy(out + texts[i], text.data, text.length);
        texts[i + 1] = texts[i] + (uint32_t)text.length;
    }
    return (struct cells){.texts = texts, .values = out, .n = in->n};
}

const struct cells *feature_texts(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    const char *from = feature->config->from;
    size_t at = schema_find(rows->schema, from);
    if (at != SIZE_MAX && type_equal(rows->schema->columns[at].type, type_of("str*")))
        die(EXIT_INPUT, "%s: column %s is str*, wanted str: a list wants encode = list() in [feature %s]", schema_place(rows->schema),
            quoted_text(from), feature->config->name);
    const struct cells *texts = frame_texts(rows, from, arena);
    if (feature->config->otherwise == NULL)
        return texts;
    struct cells *out = arena_array(arena, 1, sizeof *out);
    *out = filled(texts, feature->config->otherwise, arena);
    return out;
}

// An empty list is one of the default alone.
const struct cells *feature_items(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    const struct cells *items = frame_column(rows, feature->config->from, "str*");
    if (feature->config->otherwise == NULL)
        return items;
    uint32_t *lists = arena_array(arena, rows->rows + 1, sizeof *lists), *texts = arena_array(arena, items->n + rows->rows + 1, sizeof *texts);
    size_t n = lists[0] = 0;
    for (size_t i = 0; i < rows->rows; i++) {
        for (uint32_t j = items->lists[i]; j < items->lists[i + 1]; j++)
            texts[n++] = items->texts[j];
        if (items->lists[i + 1] == items->lists[i])
            texts[n++] = items->texts[items->lists[i]];  // an empty text, to be filled
        lists[i + 1] = (uint32_t)n;
    }
    texts[n] = items->texts[items->n];
    struct cells *out = arena_array(arena, 1, sizeof *out);
    *out = filled(&(struct cells){.texts = texts, .values = items->values, .n = n}, feature->config->otherwise, arena);
    out->lists = lists;
    return out;
}

const double *feature_numbers(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    const double *given = frame_numbers(rows, feature->config->from, arena);
    double otherwise = NAN, *out = NULL;
    const char *text = feature->config->otherwise;
    if (text != NULL)
        otherwise = value_real(text, "default", feature->config->place, -1e300, 1e300);
    for (size_t i = 0; i < rows->rows; i++) {
        if (isfinite(given[i]))
            continue;
        if (isinf(given[i]))
            refuse(feature, rows, i, "is infinite, and read by feature ");
        if (text == NULL)
            refuse(feature, rows, i, "is missing, and there is no default in feature ");
        if (out == NULL) {
            out = arena_array(arena, rows->rows, sizeof *out);
            memcpy(out, given, rows->rows * sizeof *out);
        }
        out[i] = otherwise;
    }
    return out != NULL ? out : given;
}

size_t feature_missing(const struct feature *feature, const struct frame *rows)
{
    if (feature->config->otherwise == NULL)
        return 0;
    struct arena arena = {0};
    size_t missing = 0;
    const char *from = feature->config->from;
    if (feature->kind->input == FEATURE_NUMBER) {
        const double *x = frame_numbers(rows, from, &arena);
        for (size_t i = 0; i < rows->rows; i++)
            missing += isnan(x[i]);
    } else {
        bool list = feature->kind->input == FEATURE_LIST;
        const struct cells *cells = list ? frame_column(rows, from, "str*") : frame_texts(rows, from, &arena);
        const uint32_t *ends = list ? cells->lists : cells->texts;
        for (size_t i = 0; i < rows->rows; i++)
            missing += ends[i + 1] == ends[i];
    }
    arena_free(&arena);
    return missing;
}

bool feature_is_integer(const struct feature *feature, const struct config *config)
{
    for (size_t i = 0; i < config->n_tables; i++) {
        const struct config_column *column = config_column(&config->tables[i], feature->config->from);
        if (column != NULL)
            return column->kind == COLUMN_I64 || column->kind == COLUMN_TIME;
    }
    return false;
}

size_t feature_need_count(const struct feature *feature, const char *key, size_t low, size_t high)
{
    const struct call *call = &feature->config->encode;
    if (call_text(call, key) == NULL)
        die(EXIT_INPUT, "%s: feature %s: %s wants %s=N", feature->config->place, quoted_text(feature->config->name), call->name, key);
    return call_count(call, key, low, low, high);
}

struct type feature_type_ids(const void *state)
{
    (void)state;
    return type_of("u32");
}

struct type feature_type_list(const void *state)
{
    (void)state;
    return type_of("u32*");
}

struct type feature_type_number(const void *state)
{
    (void)state;
    return type_of("f32");
}
