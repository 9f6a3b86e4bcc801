#include "common/model/typed.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/model/feature.h"

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
        const struct cells *texts = frame_texts(&frames[f], config_key(config, &config->query), &arena);
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

struct feature **typed_features(const struct config *config, const struct config_tower *tower, struct held *const *states, const char *source)
{
    struct feature **features = memory_zeros(tower->n_inputs, sizeof(struct feature *));
    for (size_t i = 0; i < tower->n_inputs; i++) {
        size_t n;
        const struct frame *frames = held_frames(states[i], &n);
        features[i] = feature_new(config, tower->inputs[i]);
        for (size_t f = 0; f < n; f++)
            (void)feature_takes(features[i], &frames[f]);
        feature_ready(features[i], source);
    }
    return features;
}

void typed_features_free(struct feature **features, size_t n)
{
    for (size_t i = 0; i < n && features != NULL; i++)
        feature_free(features[i]);
    free(features);
}

// The value given for one of the feature's columns, or NULL.
static const char *value_with(const struct config_feature *feature, const struct arg_list *with)
{
    for (size_t i = 0; i < with->n; i++) {
        size_t length = strlen(feature->from);
        if (strncmp(with->items[i], feature->from, length) == 0 && with->items[i][length] == '=')
            return with->items[i] + length + 1;
    }
    return NULL;
}

// Adds a column of the row, if it has it.
static bool add_column(const struct frame *row, const char *name, struct schema *schema, struct cells *cells, struct arena *arena)
{
    size_t at = row != NULL ? schema_find(row->schema, name) : SIZE_MAX;
    if (at == SIZE_MAX)
        return false;
    cells[schema->n] = row->cells[at];
    schema_add(schema, arena, name, row->schema->columns[at].type);
    return true;
}

struct frame typed_row(const struct config *config, const struct config_tower *tower, struct feature *const *features,
                       const struct frame *known, const char *key, const struct arg_list *given, struct arena *arena)
{
    struct schema *schema = schema_new(arena, config->query.table);
    struct cells *cells = arena_array(arena, 2 * tower->n_inputs + 1, sizeof *cells);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *input = tower->inputs[i];
        if (config_is_contextual(config, &config->query, input))
            continue;
        const char *name = arena_printf(arena, "feature/%s", input->name), *value = value_with(input, given);
        if (value == NULL && add_column(known, name, schema, cells, arena)) {
            add_column(known, arena_printf(arena, "weight/%s", input->name), schema, cells, arena);
            continue;
        }
        if (value == NULL)
            value = !input->gathers && strcmp(input->from, config_key(config, &config->query)) == 0 ? key : "";
        cells[schema->n] = feature_encode_text(features[i], value, strlen(value), arena);
        schema_add(schema, arena, name, feature_type(features[i]));
    }
    return (struct frame){.schema = schema, .rows = 1, .cells = cells};
}

void typed_latest(const struct config *config, const struct held *interactions, size_t n_queries, size_t *latest)
{
    struct arena arena = {0};
    size_t n_frames, row = 0;
    double *when = memory_zeros(n_queries + 1, sizeof *when);
    for (size_t i = 0; i <= n_queries; i++)
        latest[i] = SIZE_MAX;
    const struct frame *frames = held_frames(interactions, &n_frames);
    for (size_t f = 0; f < n_frames; f++) {
        const uint32_t *queries = frame_column(&frames[f], "query", "u32")->values;
        const double *times = config->time != NULL ? frame_numbers(&frames[f], config->time, &arena) : NULL;
        for (size_t i = 0; i < frames[f].rows; i++, row++)
            for (size_t turn = 0; turn < 2; turn++) {
                size_t query = turn == 0 ? n_queries : queries[i];
                if (query > n_queries || (latest[query] != SIZE_MAX && times != NULL && times[i] < when[query]))
                    continue;
                latest[query] = row;
                when[query] = times != NULL ? times[i] : 0;
            }
        arena_reset(&arena);
    }
    for (size_t i = 0; i < n_queries; i++)
        latest[i] = latest[i] != SIZE_MAX ? latest[i] : latest[n_queries];
    arena_free(&arena);
    free(when);
}

static void check_with(const struct config *config, const struct config_tower *tower, const struct arg_list *with)
{
    for (size_t i = 0; i < with->n; i++) {
        const char *columns[COLUMNS_MAX], *name = with->items[i];
        size_t n = 0, length = strcspn(name, "=");
        bool found = false;
        for (size_t j = 0; j < tower->n_inputs; j++)
            if (config_is_contextual(config, &config->query, tower->inputs[j]))
                columns[n++] = tower->inputs[j]->from;
        for (size_t j = 0; j < n && name[length] == '='; j++)
            found |= strlen(columns[j]) == length && strncmp(columns[j], name, length) == 0;
        if (found && name[length + 1] == '\0')
            die(EXIT_USAGE, "--with %s: wanted a value after the equals sign", quoted_text(name));
        if (!found)
            die(EXIT_USAGE, "--with %s: wanted COLUMN=VALUE, with a column of the interactions that tower %s reads%s%s", quoted_text(name),
                quoted_text(tower->name), n > 0 ? ", such as " : ": it reads none", n > 0 ? columns[0] : "");
    }
}

struct frame typed_context(const struct config *config, const struct config_tower *tower, struct feature *const *features,
                           struct held *interactions, size_t latest, const struct frame *asked, const struct arg_list *with,
                           const char *source, struct arena *arena)
{
    check_with(config, tower, with);
    uint32_t chosen = (uint32_t)latest;
    struct frame one = latest != SIZE_MAX ? frame_select(held_select(interactions, &chosen, 1), &(uint32_t){0}, 1, arena) : (struct frame){0};
    struct schema *schema = schema_new(arena, config->interactions);
    struct cells *cells = arena_array(arena, 2 * tower->n_inputs, sizeof *cells);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *input = tower->inputs[i];
        const char *value = value_with(input, with), *name = arena_printf(arena, "feature/%s", input->name);
        if (!config_is_contextual(config, &config->query, input))
            continue;
        if (value == NULL && input->follows && add_column(asked, name, schema, cells, arena))
            continue;
        if (value != NULL || input->follows) {
            value = value != NULL ? value : "";  // nobody, who took nothing yet
            cells[schema->n] = feature_encode_text(features[i], value, strlen(value), arena);
            schema_add(schema, arena, name, feature_type(features[i]));
        } else if (add_column(latest != SIZE_MAX ? &one : NULL, name, schema, cells, arena)) {
            add_column(&one, arena_printf(arena, "weight/%s", input->name), schema, cells, arena);
        } else {
            die(EXIT_INPUT, "%s: feature %s comes from column %s of the interactions, and there are none to take it from: give --with %s=VALUE",
                source, quoted_text(input->name), quoted_text(input->from), input->from);
        }
    }
    return (struct frame){.schema = schema, .rows = 1, .cells = cells};
}

// The ids that a feature of the candidates has for the liked rows, at most `length` of them, the last; in one list.
static struct cells liked_ids(struct held *candidates, const char *of, const uint32_t *rows, size_t n, size_t length, bool mask, struct arena *arena)
{
    const char *column = arena_printf(arena, "feature/%s", of);
    uint32_t *ids = arena_array(arena, n + 1, sizeof *ids), *lists = arena_zeros(arena, 2, sizeof *lists), m = 0;
    for (size_t i = n > length ? n - length : 0; i < n; i++) {
        size_t row = rows[i];
        const struct frame *frame = held_find(candidates, &row);
        uint32_t id = ((const uint32_t *)frame_column(frame, column, "u32")->values)[row];
        if (!(mask && id == 0))
            ids[m++] = id;
    }
    lists[1] = m;
    return (struct cells){.lists = lists, .values = ids, .n = m};
}

bool typed_takes_unknown(const struct config_tower *tower)
{
    for (size_t i = 0; i < tower->n_inputs; i++)
        if (strcmp(tower->inputs[i]->encode.name, "lookup") == 0 && call_count(&tower->inputs[i]->encode, "oov", 1, 0, INT32_MAX) == 0)
            return false;
    return true;
}

bool typed_reads_history(const struct config_tower *tower)
{
    for (size_t i = 0; i < tower->n_inputs; i++)
        if (tower->inputs[i]->follows || tower->inputs[i]->gathers)
            return true;
    return false;
}

struct frame typed_likes(const struct config *config, const struct config_tower *tower, struct feature *const *features, struct held *candidates,
                         const uint32_t *rows, size_t n, const struct arg_list *given, struct arena *arena)
{
    struct frame typed = typed_row(config, tower, features, NULL, "", given, arena);
    struct schema *schema = schema_new(arena, config->query.table);
    struct cells *cells = arena_array(arena, 2 * tower->n_inputs, sizeof *cells);
    for (size_t i = 0; i < tower->n_inputs; i++) {
        const struct config_feature *input = tower->inputs[i];
        const char *name = arena_printf(arena, "feature/%s", input->name);
        if (!input->follows && !input->gathers) {
            add_column(&typed, name, schema, cells, arena);
            continue;
        }
        bool mask = call_flag(&config_feature(config, input->of)->encode, "mask", false);
        cells[schema->n] = liked_ids(candidates, input->of, rows, n, feature_sequence_length(features[i]), mask, arena);
        schema_add(schema, arena, name, feature_type(features[i]));
    }
    return (struct frame){.schema = schema, .rows = 1, .cells = cells};
}
