#include "common/training/inheritance.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"
#include "common/stream/tables.h"

struct inheritance {
    const char *path;
    struct tables old, now;
};

struct inheritance *inheritance_open(const char *path)
{
    struct inheritance *in = memory_zeros(1, sizeof *in);
    struct reader *reader = reader_open(path);
    struct frame frame;
    in->path = path;
    while (reader_next(reader, &frame)) {
        const char *table = frame.schema->table;
        if (is_vocabulary_table(table) || is_model_table(table) || strcmp(table, "metrics/train") == 0)
            tables_add(&in->old, &frame);
    }
    reader_close(reader);
    return in;
}

void inheritance_looks(struct inheritance *in, const struct frame *frame)
{
    if (is_vocabulary_table(frame->schema->table))
        tables_add(&in->now, frame);
}

static const struct frame *vocabulary(const struct tables *tables, const char *feature)
{
    const struct frame *frame = tables_find(tables, "vocab/", feature);
    return frame != NULL ? frame : tables_find(tables, "vector/", feature);
}

// (param->rows) the old row of each of the parameter's rows, or UINT32_MAX.
static uint32_t *match(const struct inheritance *in, const struct param *param, size_t old_rows)
{
    uint32_t *rows = memory_zeros(param->rows, sizeof *rows);
    const struct frame *old = param->feature != NULL ? vocabulary(&in->old, param->feature) : NULL,
                       *now = param->feature != NULL ? vocabulary(&in->now, param->feature) : NULL;
    size_t n_old = old != NULL ? old->rows : 0, n_now = now != NULL ? now->rows : 0;
    if (old == NULL || now == NULL || n_old > old_rows || n_now > param->rows) {
        if (old_rows != param->rows)
            die(EXIT_INPUT, "%s: table \"param/%s\" has %zu rows, wanted %zu: only what has a vocabulary can grow", in->path, param->name,
                old_rows, param->rows);
        for (size_t i = 0; i < param->rows; i++)
            rows[i] = (uint32_t)i;
        return rows;
    }
    size_t old_first = old_rows - n_old, first = param->rows - n_now;
    for (size_t i = 0; i < first; i++)
        rows[i] = first == old_first ? (uint32_t)i : UINT32_MAX;
    const struct cells *old_tokens = frame_column(old, "token", "str"), *tokens = frame_column(now, "token", "str");
    struct map *map = map_new();
    for (size_t i = 0; i < n_old; i++) {
        struct text text = cells_text(old_tokens, i);
        if (map_add(map, text.data, text.length) != i)
            die(EXIT_INPUT, "%s: the vocabulary of feature %s has %s twice", in->path, quoted_text(param->feature), quoted(text.data, text.length));
    }
    for (size_t i = 0; i < n_now; i++) {
        struct text text = cells_text(tokens, i);
        uint32_t number;
        rows[first + i] = map_find(map, text.data, text.length, &number) ? (uint32_t)(old_first + number) : UINT32_MAX;
    }
    map_free(map);
    return rows;
}

static void copy_rows(float *to, const float *from, const uint32_t *rows, size_t n, size_t width)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i] != UINT32_MAX)
            memcpy(to + i * width, from + (size_t)rows[i] * width, width * sizeof *to);
}

static void copy_slots(const struct inheritance *in, struct param *param, const uint32_t *rows, size_t old_rows)
{
    const struct frame *slots = tables_find(&in->old, "slot/", param->name);
    size_t n = optim_slots(param->optim);
    bool same = slots != NULL && slots->rows == old_rows && slots->schema->n == n;
    for (size_t s = 0; s < n && same; s++)
        same = schema_find(slots->schema, param->optim->kind->slots[s]) != SIZE_MAX;
    if (!same && n > 0)
        warn("%s: no state of %s for parameter %s: it begins anew", in->path, param->optim->kind->name, quoted_text(param->name));
    const char *type = type_name(type_vector(param->width));
    for (size_t s = 0; s < n && same; s++)
        copy_rows(param->slots[s], frame_column(slots, param->optim->kind->slots[s], type)->values, rows, param->rows, param->width);
}

void inheritance_apply(struct inheritance *in, struct param *const *params, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        struct param *param = params[i];
        const struct frame *old = tables_find(&in->old, "param/", param->name);
        if (old == NULL)
            continue;
        found++;
        const char *type = type_name(type_vector(param->width));
        const float *values = frame_column(old, "value", type)->values;
        uint32_t *rows = match(in, param, old->rows);
        copy_rows(param->value, values, rows, param->rows, param->width);
        copy_slots(in, param, rows, old->rows);
        param_check(param, in->path);
        free(rows);
    }
    if (found == 0)
        die(EXIT_INPUT, "%s: it has no parameter of this model", in->path);
}

const struct frame *inheritance_metrics(const struct inheritance *in)
{
    return tables_find(&in->old, "metrics/train", "");
}

void inheritance_free(struct inheritance *in)
{
    if (in == NULL)
        return;
    tables_free(&in->old);
    tables_free(&in->now);
    free(in);
}
