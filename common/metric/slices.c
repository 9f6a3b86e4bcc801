#include "common/metric/slices.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/map.h"
#include "common/stream/lines.h"

struct by {
    const char *column;
    bool came, of_candidates, too_many;
    struct map *values;
    size_t rows, begins_capacity;
    uint32_t *begins;              // (rows + 1) into slice
    uint32_t *slice;               // values' numbers
    size_t n, capacity;
    size_t first;                  // the number of its first slice among all
};

struct slices {
    struct arena arena;
    const char *queries, *candidates;
    struct by *by;                 // (n_by)
    size_t n_by;
    struct slice *slices;          // (n)
    size_t n;
    uint32_t *found;               // (n_found_max)
    size_t found_capacity;
    const char **known;            // (n_known) columns of the two tables, for a name that is none
    size_t n_known, known_capacity;
};

struct slices *slices_new(const char *const *columns, size_t n, const char *queries, const char *candidates)
{
    struct slices *s = memory_zeros(1, sizeof *s);
    s->queries = queries;
    s->candidates = candidates;
    s->n_by = n;
    s->by = arena_zeros(&s->arena, n, sizeof *s->by);
    for (size_t i = 0; i < n; i++)
        s->by[i] = (struct by){.column = columns[i], .values = map_new()};
    return s;
}

static void add_value(struct by *by, const void *value, size_t length)
{
    if (map_size(by->values) == SLICES_MAX) {
        uint32_t number;
        if (!map_find(by->values, value, length, &number)) {
            by->too_many = true;
            return;
        }
    }
    by->slice = memory_grow(by->slice, &by->capacity, by->n + 1, sizeof *by->slice);
    by->slice[by->n++] = map_add(by->values, value, length);
}

// A row of a list is in the slice of each of its values once.
static void add_list(struct by *by, const struct cells *cells, size_t row)
{
    size_t begin = by->n;
    for (uint32_t i = cells->lists[row]; i < cells->lists[row + 1]; i++) {
        struct text text = cells_text(cells, i);
        add_value(by, text.data, text.length);
        for (size_t j = begin; j + 1 < by->n; j++)
            if (by->slice[j] == by->slice[by->n - 1]) {
                by->n--;
                break;
            }
    }
}

static void take_column(struct by *by, const struct frame *frame, size_t column)
{
    struct type type = frame->schema->columns[column].type;
    const struct cells *cells = &frame->cells[column];
    struct bytes text = {0};
    by->begins = memory_grow(by->begins, &by->begins_capacity, by->rows + frame->rows + 1, sizeof *by->begins);
    for (size_t row = 0; row < frame->rows && !by->too_many; row++) {
        by->begins[by->rows++] = (uint32_t)by->n;
        if (type.element == ELEMENT_STR && type.list) {
            add_list(by, cells, row);
            continue;
        }
        if (type.element == ELEMENT_STR) {
            struct text value = cells_text(cells, row);
            add_value(by, value.data, value.length);
            continue;
        }
        text.length = 0;
        lines_cell(&text, cells, type, row, false, 64);
        add_value(by, text.data, text.length);
    }
    by->begins[by->rows] = (uint32_t)by->n;
    free(text.data);
}

static void know_columns(struct slices *s, const struct schema *schema)
{
    for (size_t i = 0; i < schema->n; i++) {
        s->known = memory_grow(s->known, &s->known_capacity, s->n_known + 1, sizeof *s->known);
        s->known[s->n_known++] = arena_text(&s->arena, schema->columns[i].name, strlen(schema->columns[i].name));
    }
}

void slices_take(struct slices *s, const struct frame *frame)
{
    bool queries = is_table(frame, s->queries), candidates = !queries && is_table(frame, s->candidates);
    if (!queries && !candidates)
        return;
    if (frame->rows == 0)  // the table is announced
        know_columns(s, frame->schema);
    for (size_t i = 0; i < s->n_by; i++) {
        struct by *by = &s->by[i];
        size_t column = schema_find(frame->schema, by->column);
        if (column == SIZE_MAX || (by->came && candidates && !by->of_candidates))
            continue;
        if (by->came && by->of_candidates && queries) {  // the queries' column comes first, whichever table does
            map_free(by->values);
            *by = (struct by){.column = by->column, .values = map_new(), .begins = by->begins, .begins_capacity = by->begins_capacity,
                              .slice = by->slice, .capacity = by->capacity};
        }
        by->came = true;
        by->of_candidates = candidates;
        take_column(by, frame, column);
    }
}

static void add_slices(struct slices *s, struct by *by)
{
    by->first = s->n;
    for (uint32_t v = 0; v < map_size(by->values); v++) {
        size_t length;
        const char *value = map_key(by->values, v, &length);
        bool *members = by->of_candidates ? arena_zeros(&s->arena, by->rows, sizeof *members) : NULL;
        struct slice *slice = &s->slices[s->n++];
        *slice = (struct slice){by->column, arena_text(&s->arena, value, length), by->of_candidates, 0, members};
        for (size_t row = 0; row < by->rows; row++)
            for (uint32_t i = by->begins[row]; i < by->begins[row + 1]; i++)
                if (by->slice[i] == v) {
                    slice->rows++;
                    if (members != NULL)
                        members[row] = true;
                }
    }
}

const char *slices_fault(struct slices *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_by; i++) {
        struct by *by = &s->by[i];
        if (!by->came)
            return arena_printf(&s->arena, "neither table %s nor table %s has a column %s%s", quoted_text(s->queries), quoted_text(s->candidates),
                                quoted_text(by->column), did_you_mean(by->column, s->known, s->n_known));
        if (by->too_many)
            return arena_printf(&s->arena, "column %s has more than %d different values: bucketize it, and slice by the feature's column",
                                quoted_text(by->column), SLICES_MAX);
        n += map_size(by->values);
    }
    s->slices = arena_zeros(&s->arena, n, sizeof *s->slices);
    for (size_t i = 0; i < s->n_by; i++)
        add_slices(s, &s->by[i]);
    return NULL;
}

size_t slices_count(const struct slices *s)
{
    return s->n;
}

const struct slice *slices_get(const struct slices *s, size_t i)
{
    return &s->slices[i];
}

const uint32_t *slices_of_query(struct slices *s, size_t row, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s->n_by; i++) {
        const struct by *by = &s->by[i];
        if (by->of_candidates || row >= by->rows)
            continue;
        for (uint32_t j = by->begins[row]; j < by->begins[row + 1]; j++) {
            s->found = memory_grow(s->found, &s->found_capacity, *n + 1, sizeof *s->found);
            s->found[(*n)++] = (uint32_t)by->first + by->slice[j];
        }
    }
    return s->found;
}
