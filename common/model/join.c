#include "common/model/join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/stream/builder.h"

struct join {
    const struct config_table *config;
    struct gather *table;
};

struct join *join_new(const struct config_table *table)
{
    struct join *join = memory_zeros(1, sizeof *join);
    join->config = table;
    join->table = gather_new();
    return join;
}

const char *join_table(const struct join *join)
{
    return join->config->name;
}

bool join_takes(struct join *join, const struct frame *frame)
{
    if (!is_table(frame, join->config->name))
        return false;
    gather_add(join->table, frame);
    return true;
}

// The rows of the joined table by key.
static struct map *keys_of(const struct join *join, const struct frame *table)
{
    struct map *map = map_new();
    struct arena arena = {0};
    const struct cells *keys = frame_texts(table, join->config->key, &arena);
    for (size_t i = 0; i < table->rows; i++) {
        struct text key = cells_text(keys, i);
        uint32_t row = map_add(map, key.data, key.length);
        if (row != i)
            die(EXIT_INPUT, "%s: rows %u and %zu have one key, %s", schema_place(table->schema), row, i,
                quoted(key.data, key.length));
    }
    arena_free(&arena);
    return map;
}

// A row in which everything is missing, behind all others.
static void add_nothing(struct join *join, const struct schema *schema)
{
    static const float nan_f32 = NAN;
    static const double nan_f64 = NAN;
    struct builder *builder = builder_new(schema);
    struct arena arena = {0};
    for (size_t c = 0; c < schema->n; c++) {
        struct type type = schema->columns[c].type;
        if (type.list)
            continue;
        if (type.element == ELEMENT_STR)
            builder_text(builder, c, "", 0);
        else if (type_equal(type, type_of("f32")))
            builder_value(builder, c, &nan_f32);
        else if (type_equal(type, type_of("f64")))
            builder_value(builder, c, &nan_f64);
        else
            builder_value(builder, c, arena_zeros(&arena, 1, type_value_bytes(type)));
    }
    builder_row(builder);
    gather_add(join->table, builder_frame(builder));
    builder_free(builder);
    arena_free(&arena);
}

static void check_columns(const struct join *join, const struct schema *schema, const struct schema *with)
{
    for (size_t c = 0; c < schema->n; c++) {
        const char *name = schema->columns[c].name;
        if (strcmp(name, join->config->key) != 0 && schema_find(with, name) != SIZE_MAX)
            die(EXIT_INPUT, "%s and table %s both have a column %s: name the columns to take of one of them", schema_place(with),
                quoted_text(join->config->name), quoted_text(name));
    }
}

// The row of the joined table for each key, or the one of nothing; returns how many have none.
static size_t find_rows(const struct map *map, const struct cells *keys, size_t n, uint32_t *found)
{
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct text key = cells_text(keys, i);
        if (!map_find(map, key.data, key.length, &found[i])) {
            found[i] = (uint32_t)map_size(map);
            missing++;
        }
    }
    return missing;
}

static void check_missing(const struct join *join, const struct schema *schema, const struct frame *rows, size_t missing)
{
    for (size_t c = 0; c < schema->n && missing > 0; c++) {
        const struct column *column = &schema->columns[c];
        bool whole = !column->type.list && column->type.element != ELEMENT_STR && column->type.element != ELEMENT_F32 &&
                     column->type.element != ELEMENT_F64;
        if (whole && strcmp(column->name, join->config->key) != 0)
            die(EXIT_INPUT, "%s has no row for %zu rows of table %s, and its column %s is %s, which has no missing value: wanted f32",
                schema_place(schema), missing, quoted_text(rows->schema->table), quoted_text(column->name),
                type_name(column->type));
    }
    if (missing > 0)
        warn("table %s: %zu of %zu rows have none in table %s: they get empty values", quoted_text(rows->schema->table), missing,
             rows->rows, quoted_text(join->config->name));
}

struct frame join_add(struct join *join, const struct frame *rows, const char *key, struct arena *arena)
{
    const struct frame *table = gather_frame(join->table);
    const struct schema *schema = table->schema;
    check_columns(join, schema, rows->schema);
    struct map *map = keys_of(join, table);
    uint32_t *found = arena_array(arena, rows->rows, sizeof *found);
    size_t missing = find_rows(map, frame_texts(rows, key, arena), rows->rows, found);
    map_free(map);
    check_missing(join, schema, rows, missing);
    add_nothing(join, schema);
    struct frame chosen = frame_select(gather_frame(join->table), found, rows->rows, arena);

    struct schema *both = schema_copy(arena, rows->schema);
    struct frame out = {.schema = both, .rows = rows->rows, .cells = arena_array(arena, both->n + schema->n, sizeof *out.cells)};
    memcpy(out.cells, rows->cells, both->n * sizeof *out.cells);
    for (size_t c = 0; c < schema->n; c++) {
        const struct column *column = &schema->columns[c];
        if (strcmp(column->name, join->config->key) == 0)
            continue;
        out.cells[both->n] = chosen.cells[c];
        schema_add(both, arena, column->name, column->type);
    }
    return out;
}
