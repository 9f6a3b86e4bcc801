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

static struct feature *loaded_feature(const struct config *config, const struct config_feature *input, const struct held *state,
                                      const char *source)
{
    struct feature *feature = feature_new(config, input);
    size_t n;
    const struct frame *frames = held_frames(state, &n);
    for (size_t i = 0; i < n; i++)
        (void)feature_takes(feature, &frames[i]);
    feature_ready(feature, source);
    return feature;
}

struct frame typed_row(const struct config *config, const struct config_tower *tower, struct held *const *states, const char *key,
                       const char *source, struct arena *arena)
{
    struct schema *schema = schema_new(arena, config->query.table);
    struct cells *cells = arena_array(arena, tower->n_inputs, sizeof *cells);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *input = tower->inputs[i];
        struct feature *feature = loaded_feature(config, input, states[i], source);
        const char *value = strcmp(input->from, key_column(config)) == 0 ? key : "";
        cells[i] = feature_encode_text(feature, value, strlen(value), arena);
        schema_add(schema, arena, arena_printf(arena, "feature/%s", input->name), feature_type(feature));
        feature_free(feature);
    }
    return (struct frame){.schema = schema, .rows = 1, .cells = cells};
}
