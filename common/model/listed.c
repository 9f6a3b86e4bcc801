#include "common/model/listed.h"

#include <stdlib.h>

#include "common/base/die.h"
#include "common/base/map.h"

struct listed {
    const struct config *config;
    const struct config_task *task;
    struct map *keys;            // of the candidates: a number is a row
    size_t unknown;              // listed keys that are no candidate's
    const char *first_unknown;
    struct arena arena, scratch;
};

struct listed *listed_new(const struct config *config, const struct config_task *task)
{
    struct listed *l = memory_zeros(1, sizeof *l);
    l->config = config;
    l->task = task;
    l->keys = map_new();
    return l;
}

void listed_candidates(struct listed *l, const struct frame *frame)
{
    const struct config_side *side = &l->config->candidate;
    const struct cells *keys = frame_texts(frame, config_key(l->config, side), &l->scratch);
    size_t before = map_size(l->keys);
    for (size_t i = 0; i < frame->rows; i++) {
        struct text key = cells_text(keys, i);
        if (map_add(l->keys, key.data, key.length) != before + i)
            die(EXIT_INPUT, "%s: table %s: two rows have the key %s", frame->place, quoted_text(side->table), quoted(key.data, key.length));
    }
    arena_reset(&l->scratch);
}

size_t listed_values(const struct listed *l, const struct frame *batch, const char *column)
{
    size_t at = schema_find(batch->schema, column);
    struct type type = at != SIZE_MAX ? batch->schema->columns[at].type : (struct type){0};
    if (at == SIZE_MAX || !type.list || (type.element != ELEMENT_STR && type.element != ELEMENT_U32))
        die(EXIT_INPUT, "%s: table %s: no column %s of lists of candidates' keys, which task %s asks for", batch->place,
            quoted_text(batch->schema->table), quoted_text(column), quoted_text(l->task->name));
    return batch->cells[at].lists[batch->rows];
}

size_t listed_rows(struct listed *l, const struct frame *batch, const char *column, size_t row, uint32_t *rows)
{
    size_t at = schema_find(batch->schema, column), n = 0;
    const struct cells *cells = &batch->cells[at];
    bool by_row = batch->schema->columns[at].type.element == ELEMENT_U32;
    for (size_t i = cells->lists[row]; i < cells->lists[row + 1]; i++) {
        if (by_row) {
            rows[n] = ((const uint32_t *)cells->values)[i];
            if (rows[n] >= map_size(l->keys))
                die(EXIT_INPUT, "%s: column %s: row %zu lists row %u, but there are %zu candidates", batch->place, quoted_text(column), row,
                    rows[n], map_size(l->keys));
            n++;
            continue;
        }
        struct text key = cells_text(cells, i);
        if (map_find(l->keys, key.data, key.length, &rows[n]))
            n++;
        else if (l->unknown++ == 0)
            l->first_unknown = arena_text(&l->arena, key.data, key.length);
    }
    return n;
}

void listed_end(const struct listed *l)
{
    if (l->unknown > 0)
        warn("task %s: %zu keys in lists are no candidate's, first %s: left out", quoted_text(l->task->name), l->unknown,
             quoted_text(l->first_unknown));
}

void listed_free(struct listed *l)
{
    if (l == NULL)
        return;
    map_free(l->keys);
    arena_free(&l->arena);
    arena_free(&l->scratch);
    free(l);
}
