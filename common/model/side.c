#include "common/model/side.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/prefix.h"
#include "common/stream/builder.h"

struct side *side_new(const struct config *config, const struct config_side *from, const char *what)
{
    struct side *side = memory_zeros(1, sizeof *side);
    side->config = from;
    side->what = what;
    side->key = config_key(config, from);
    side->keys = map_new();
    side->table = gather_new();
    const struct config_table *table = from->made ? NULL : config_table(config, from->table);
    side->n_joins = table != NULL ? table->n_joins : 0;
    side->joins = arena_array(&side->arena, side->n_joins, sizeof *side->joins);
    for (size_t i = 0; i < side->n_joins; i++)
        side->joins[i] = join_new(config_table(config, table->joins[i]));
    return side;
}

static void refuse_encoded(const struct frame *frame)
{
    for (size_t i = 0; i < frame->schema->n; i++)
        if (strcmp(frame->schema->columns[i].name, "count") == 0 || has_prefix(frame->schema->columns[i].name, "feature/"))
            die(EXIT_INPUT, "%s: table %s has a column %s already: did it pass through 'vocab' before?", frame->place,
                quoted_text(frame->schema->table), quoted_text(frame->schema->columns[i].name));
}

bool side_takes(struct side *side, const struct frame *frame)
{
    for (size_t i = 0; i < side->n_joins; i++)
        if (join_takes(side->joins[i], frame)) {
            refuse_encoded(frame);
            return true;
        }
    if (!is_table(frame, side->config->table))
        return false;
    if (side->config->made)
        die(EXIT_INPUT, "%s: table %s is there, but [data] %s does not refer to it: write %s = %s -> %s", frame->place,
            quoted_text(side->config->table), side->what, side->what, side->config->column, side->config->table);
    refuse_encoded(frame);
    gather_add(side->table, frame);
    return true;
}

const uint32_t *side_number(struct side *side, const struct frame *interactions, struct arena *arena)
{
    const struct cells *keys = frame_texts(interactions, side->config->column, arena);
    uint32_t *numbers = arena_array(arena, interactions->rows, sizeof *numbers);
    struct text last = {0};
    for (size_t i = 0; i < interactions->rows; i++) {
        struct text key = cells_text(keys, i);
        bool same = i > 0 && key.length == last.length && memcmp(key.data, last.data, key.length) == 0;  // files are often sorted
        numbers[i] = same ? numbers[i - 1] : map_add(side->keys, key.data, key.length);
        last = key;
    }
    return numbers;
}

static void make_table(struct side *side)
{
    struct schema *schema = schema_new(&side->arena, side->config->table);
    schema_add(schema, &side->arena, side->key, type_of("str"));
    struct builder *builder = builder_new(schema);
    uint32_t *order = map_sorted(side->keys);
    for (size_t i = 0; i < map_size(side->keys); i++) {
        size_t length;
        const char *key = map_key(side->keys, order[i], &length);
        builder_text(builder, 0, key, length);
        builder_row(builder);
    }
    gather_add(side->table, builder_frame(builder));
    builder_free(builder);
    free(order);
}

// Numbers the keys of the table in its order, so that a number is a row.
static struct map *table_keys(struct side *side)
{
    struct map *map = map_new();
    struct arena arena = {0};
    map_reserve(map, side->frame->rows);
    const struct cells *keys = frame_texts(side->frame, side->key, &arena);
    for (size_t i = 0; i < side->frame->rows; i++) {
        struct text key = cells_text(keys, i);
        uint32_t row = map_add(map, key.data, key.length);
        if (row != i)
            die(EXIT_INPUT, "%s: rows %u and %zu have one key, %s", schema_place(side->frame->schema), row, i,
                quoted(key.data, key.length));
    }
    arena_free(&arena);
    return map;
}

void side_wants(const struct side *side, const struct reader *in)
{
    if (side->config->made)
        return;
    reader_wants(in, side->config->table, "[data] refers to it");
    for (size_t i = 0; i < side->n_joins; i++)
        reader_wants(in, join_table(side->joins[i]), "a table joins it");
}

void side_resolve(struct side *side)
{
    if (side->config->made)
        make_table(side);
    side->whole = *gather_frame(side->table);
    for (size_t i = 0; i < side->n_joins; i++)
        side->whole = join_add(side->joins[i], &side->whole, side->key, &side->arena);
    side->frame = &side->whole;
    struct map *table = table_keys(side);
    side->rows = memory_resize(NULL, map_size(side->keys), sizeof *side->rows);
    for (uint32_t i = 0; i < map_size(side->keys); i++) {
        size_t length;
        const char *key = map_key(side->keys, i, &length);
        if (!map_find(table, key, length, &side->rows[i]))
            side->rows[i] = SIDE_NO_ROW;
    }
    map_free(table);
}

void side_refuse_unknown(const struct side *side, bool skip)
{
    if (side->unknown == 0)
        return;
    size_t length;
    const char *key = map_key(side->keys, side->first_unknown, &length);
    const char *table = schema_place(side->frame->schema), *column = quoted_text(side->key), *first = quoted(key, length);
    if (!skip)
        die(EXIT_INPUT, "%s: no row for the %s of %zu interactions, first %s %s; --missing skip leaves them out", table, side->what,
            side->unknown, column, first);
    warn("%s: no row for the %s of %zu interactions, first %s %s: they are left out", table, side->what, side->unknown, column,
         first);
}
