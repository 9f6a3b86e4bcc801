#include "common/index/answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/grid.h"
#include "common/index/csv_cells.h"
#include "common/stream/lines.h"
#include "common/stream/names.h"

enum { CELL_WIDTH_MAX = 60 };

struct past {
    uint32_t candidate;
    double label, time;
    size_t row;
};

struct answers {
    const struct config *config;
    const char *source;
    const struct held *candidates, *interactions;
    size_t *shown;                 // (n_shown) columns of the candidates, in the order of display
    size_t n_shown, key;           // key: that column
    bool begun;                    // the line of names is printed
    struct past *past;             // of the query under way
    size_t n_past, past_capacity;
};

static bool is_text(struct type type)
{
    return type.element == ELEMENT_STR;
}

static void show(struct answers *a, const struct schema *schema, const char *name)
{
    size_t column = schema_find(schema, name);
    if (column == SIZE_MAX)
        return;
    for (size_t i = 0; i < a->n_shown; i++)
        if (a->shown[i] == column)
            return;
    a->shown[a->n_shown++] = column;
}

// A number that the user gave, not one of the stages' columns.
static bool is_number(const struct column *column)
{
    struct type type = column->type;
    return type.element != ELEMENT_STR && type.dim == 0 && strcmp(column->name, "count") != 0 &&
           !is_encoded_column(column->name);
}

struct answers *answers_new(const struct config *config, const struct held *candidates, const struct held *interactions,
                            const char *source)
{
    struct answers *a = memory_zeros(1, sizeof *a);
    *a = (struct answers){.config = config, .source = source, .candidates = candidates, .interactions = interactions};
    const struct schema *schema = held_schema(candidates);
    if (schema == NULL)
        die(EXIT_INPUT, "%s: no table %s of candidates", source, quoted_text(config->candidate.table));
    const struct config_tower *tower = config_retrieval(config, source)->candidate;
    const char *key = config_key(config, &config->candidate);
    a->shown = memory_zeros(schema->n, sizeof *a->shown);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        size_t column = schema_find(schema, tower->inputs[i]->from);
        if (column != SIZE_MAX && is_text(schema->columns[column].type))
            show(a, schema, tower->inputs[i]->from);
    }
    show(a, schema, key);
    for (size_t i = 0; i < schema->n; i++)
        if (is_text(schema->columns[i].type))
            show(a, schema, schema->columns[i].name);
    for (size_t i = 0; i < schema->n; i++)
        if (is_number(&schema->columns[i]))
            show(a, schema, schema->columns[i].name);
    a->key = schema_find(schema, key);
    return a;
}

static double number_at(const struct frame *frame, const char *name, size_t row)
{
    size_t column = name != NULL ? schema_find(frame->schema, name) : SIZE_MAX;
    if (column == SIZE_MAX)
        return 0;
    struct type type = frame->schema->columns[column].type;
    const void *values = frame->cells[column].values;
    if (type.list || type.dim != 0)
        return 0;
    switch (type.element) {
    case ELEMENT_F32:
        return (double)((const float *)values)[row];
    case ELEMENT_F64:
        return ((const double *)values)[row];
    case ELEMENT_I64:
        return (double)((const int64_t *)values)[row];
    default:
        return 0;
    }
}

static int by_preference(const void *left, const void *right)
{
    const struct past *a = left, *b = right;
    if (a->label != b->label)
        return a->label > b->label ? -1 : 1;
    if (a->time != b->time)
        return a->time > b->time ? -1 : 1;
    return a->row > b->row ? -1 : 1;
}

static void find_past(struct answers *a, const struct answer *answer, size_t history)
{
    a->n_past = 0;
    if (a->interactions == NULL || history == 0 || !answer->known)
        return;
    size_t n, row = 0;
    const struct frame *frames = held_frames(a->interactions, &n);
    for (size_t f = 0; f < n; f++) {
        const uint32_t *queries = frame_column(&frames[f], "query", "u32")->values,
                       *candidates = frame_column(&frames[f], "candidate", "u32")->values;
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            if (queries[i] != answer->row)
                continue;
            if (candidates[i] >= held_rows(a->candidates))
                die(EXIT_INPUT, "%s: table %s: row %zu: candidate %u, but there are %zu", a->source, quoted_text(frames[f].schema->table),
                    row, candidates[i], held_rows(a->candidates));
            double label = number_at(&frames[f], a->config->label, i), time = number_at(&frames[f], a->config->time, i);
            a->past = memory_grow(a->past, &a->past_capacity, a->n_past + 1, sizeof *a->past);
            a->past[a->n_past++] = (struct past){candidates[i], isnan(label) ? -INFINITY : label, isnan(time) ? -INFINITY : time, row};
        }
    }
    if (a->n_past > 0)
        qsort(a->past, a->n_past, sizeof *a->past, by_preference);
    if (a->n_past > history)
        a->n_past = history;
}

static void grid_candidate(const struct answers *a, struct grid *grid, size_t row, struct bytes *text)
{
    const struct frame *frame = held_find(a->candidates, &row);
    for (size_t i = 0; i < a->n_shown; i++) {
        size_t column = a->shown[i];
        text->length = 0;
        lines_cell(text, &frame->cells[column], frame->schema->columns[column].type, row, false, CELL_WIDTH_MAX);
        grid_cell(grid, text->data != NULL ? text->data : "", text->length);
    }
}

static void print_keys(const struct answer *answer, const char *between, struct bytes *out)
{
    for (size_t i = 0; i < answer->n_keys; i++) {
        bytes_printf(out, "%s", i > 0 ? between : "");
        lines_text(out, answer->keys[i].data, answer->keys[i].length, false);
    }
}

static void print_text(const struct answers *a, const struct answer *answer, FILE *out)
{
    struct bytes text = {0};
    print_keys(answer, ", ", &text);
    bytes_printf(&text, "\n");
    fwrite(text.data, 1, text.length, out);
    text.length = 0;
    bytes_printf(&text, "rr");
    for (size_t i = 0; i < a->n_shown; i++)
        bytes_printf(&text, "l");
    struct grid *grid = grid_new(text.data, CELL_WIDTH_MAX);
    for (size_t i = 0; i < a->n_past; i++) {
        grid_printf(grid, "took");
        if (a->config->label != NULL)
            grid_printf(grid, "%g", a->past[i].label);
        else
            grid_printf(grid, "%s", "");
        grid_candidate(a, grid, a->past[i].candidate, &text);
    }
    for (size_t i = 0; i < answer->n_hits; i++) {
        grid_printf(grid, "%zu", i + 1);
        grid_printf(grid, "%.4f", (double)answer->hits[i].score);
        grid_candidate(a, grid, answer->hits[i].row, &text);
    }
    free(text.data);
    grid_print(grid, out);
}

static void json_candidate(const struct answers *a, struct bytes *out, size_t row)
{
    const struct frame *frame = held_find(a->candidates, &row);
    bytes_printf(out, "\"candidate\": {");
    for (size_t i = 0; i < a->n_shown; i++) {
        size_t column = a->shown[i];
        const char *name = frame->schema->columns[column].name;
        bytes_printf(out, "%s", i > 0 ? ", " : "");
        lines_text(out, name, strlen(name), true);
        bytes_printf(out, ": ");
        lines_cell(out, &frame->cells[column], frame->schema->columns[column].type, row, true, 0);
    }
    bytes_printf(out, "}}");
}

static const char *const kind_names[] = {[ANSWER_QUERY] = "query", [ANSWER_SIMILAR] = "similar", [ANSWER_LIKES] = "likes"};

static void json_answer(const struct answers *a, const struct answer *answer, struct bytes *out)
{
    bytes_printf(out, "{\"%s\": %s", kind_names[answer->kind], answer->kind == ANSWER_LIKES ? "[" : "");
    for (size_t i = 0; i < answer->n_keys; i++) {
        bytes_printf(out, "%s", i > 0 ? ", " : "");
        lines_text(out, answer->keys[i].data, answer->keys[i].length, true);
    }
    bytes_printf(out, "%s", answer->kind == ANSWER_LIKES ? "]" : "");
    if (answer->kind == ANSWER_QUERY)
        bytes_printf(out, ", \"known\": %s", answer->known ? "true" : "false");
    if (answer->fallback != NULL)
        bytes_printf(out, ", \"fallback\": \"%s\"", answer->fallback);
    if (a->interactions != NULL)
        bytes_printf(out, ", \"history\": [");
    for (size_t i = 0; i < a->n_past; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        if (a->config->label != NULL && isfinite(a->past[i].label))
            bytes_printf(out, "\"label\": %.9g, ", a->past[i].label);
        json_candidate(a, out, a->past[i].candidate);
    }
    bytes_printf(out, "%s, \"recommendations\": [", a->interactions != NULL ? "]" : "");
    for (size_t i = 0; i < answer->n_hits; i++) {
        const struct topk_hit *hit = &answer->hits[i];
        bytes_printf(out, "%s{\"rank\": %zu, \"score\": %.9g, \"row\": %u, ", i > 0 ? ", " : "", i + 1, (double)hit->score, hit->row);
        json_candidate(a, out, hit->row);
    }
    bytes_printf(out, "]}\n");
}

static void csv_names(const struct answers *a, const struct answer *answer, struct bytes *out)
{
    const struct schema *schema = held_schema(a->candidates);
    const char *taken[] = {kind_names[answer->kind], "rank", "score"};
    bytes_printf(out, "%s,rank,", taken[0]);
    for (size_t i = 0; i <= a->n_shown; i++) {
        size_t column = i == 0 ? a->key : a->shown[i - 1];
        const char *name = schema->columns[column].name;
        if (i > 0 && column == a->key)
            continue;
        bytes_printf(out, "%s", i > 0 ? "," : "");
        csv_add_name(out, name, schema->table, taken, 3);
        bytes_printf(out, "%s", i == 0 ? ",score" : "");
    }
    bytes_printf(out, "\n");
}

static void csv_answer(const struct answers *a, const struct answer *answer, struct bytes *out)
{
    struct bytes keys = {0}, text = {0};
    for (size_t i = 0; i < answer->n_keys; i++) {
        bytes_printf(&keys, "%s", i > 0 ? "|" : "");
        bytes_add(&keys, answer->keys[i].data, answer->keys[i].length);
    }
    for (size_t h = 0; h < answer->n_hits; h++) {
        size_t row = answer->hits[h].row;
        const struct frame *frame = held_find(a->candidates, &row);
        const struct column *columns = frame->schema->columns;
        csv_add_field(out, keys.data, keys.length);
        bytes_printf(out, ",%zu,", h + 1);
        csv_add_cell(out, &frame->cells[a->key], columns[a->key].type, row, &text);
        bytes_printf(out, ",%.9g", (double)answer->hits[h].score);
        for (size_t i = 0; i < a->n_shown; i++) {
            if (a->shown[i] == a->key)
                continue;
            bytes_printf(out, ",");
            csv_add_cell(out, &frame->cells[a->shown[i]], columns[a->shown[i]].type, row, &text);
        }
        bytes_printf(out, "\n");
    }
    free(keys.data);
    free(text.data);
}

void answers_print(struct answers *a, const struct answer *answer, enum answer_format format, size_t history, FILE *out)
{
    struct bytes text = {0};
    find_past(a, answer, format != ANSWER_CSV ? history : 0);
    if (format == ANSWER_TEXT)
        print_text(a, answer, out);
    if (format == ANSWER_JSON)
        json_answer(a, answer, &text);
    if (format == ANSWER_CSV && !a->begun)
        csv_names(a, answer, &text);
    if (format == ANSWER_CSV)
        csv_answer(a, answer, &text);
    a->begun = true;
    if (text.length > 0)
        fwrite(text.data, 1, text.length, out);
    free(text.data);
}

const size_t *answers_columns(const struct answers *a, size_t *n)
{
    *n = a->n_shown;
    return a->shown;
}

void answers_free(struct answers *a)
{
    if (a == NULL)
        return;
    free(a->shown);
    free(a->past);
    free(a);
}
