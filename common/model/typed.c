#include "common/model/typed.h"

#include <string.h>

#include "common/base/map.h"
#include "common/model/feature.h"

// The column of the table of queries that interactions refer to.
static const char *key_column(const struct config *config)
{
    return config->query.made ? config->query.column : config_table(config, config->query.table)->key;
}

void typed_find(const struct config *config, const struct held *queries, const char *const *keys, size_t n, size_t *rows)
{
    struct map *asked = map_new();
    struct arena arena = {0};
    uint32_t *numbers = arena_array(&arena, n, sizeof *numbers);
    size_t *found = arena_array(&arena, n, sizeof *found), row = 0, n_frames;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = map_add(asked, keys[i], strlen(keys[i]));
        found[i] = SIZE_MAX;
    }
    const struct frame *frames = held_frames(queries, &n_frames);
    for (size_t f = 0; f < n_frames; f++) {
        const struct cells *texts = frame_texts(&frames[f], key_column(config), &arena);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            struct text text = cells_text(texts, i);
            uint32_t number;
            if (map_find(asked, text.data, text.length, &number))
                found[number] = row;
        }
    }
    for (size_t i = 0; i < n; i++)
        rows[i] = found[numbers[i]];
    arena_free(&arena);
    map_free(asked);
}

static uint32_t id_of(const struct config *config, const struct config_feature *input, const struct held *vocabulary, const char *text,
                      const char *source)
{
    struct feature *feature = feature_new(config, input);
    size_t n;
    const struct frame *frames = held_frames(vocabulary, &n);
    for (size_t i = 0; i < n; i++)
        (void)feature_takes(feature, &frames[i]);
    feature_ready(feature, source);
    struct arena arena = {0};
    uint32_t id = *(const uint32_t *)feature_encode_text(feature, text, strlen(text), &arena).values;
    arena_free(&arena);
    feature_free(feature);
    return id;
}

struct frame typed_row(const struct config *config, const struct config_tower *tower, struct held *const *vocabularies,
                       const char *key, const char *source, struct arena *arena)
{
    struct schema *schema = schema_new(arena, config->query.table);
    struct cells *cells = arena_array(arena, tower->n_inputs, sizeof *cells);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *input = tower->inputs[i];
        uint32_t *id = arena_array(arena, 1, sizeof *id);
        *id = id_of(config, input, vocabularies[i], strcmp(input->from, key_column(config)) == 0 ? key : "", source);
        cells[i] = (struct cells){.values = id, .n = 1};
        schema_add(schema, arena, arena_printf(arena, "feature/%s", input->name), type_of("u32"));
    }
    return (struct frame){.schema = schema, .rows = 1, .cells = cells};
}
