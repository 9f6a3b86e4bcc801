#include "common/model/encoding.h"

#include <string.h>

#include "common/base/die.h"
#include "common/model/history.h"
#include "common/model/terms.h"

enum { LEVELS = LEVEL_INTERACTION + 1 };

struct encoding {
    const struct config *config;
    struct feature **features;     // (n)
    bool (*reads)[LEVELS];         // (n) at which levels
    size_t *empty, *rows;          // (n) missing values that were encoded, of so many rows
    bool *fixed;                   // (n) loaded, and not to be fitted
    size_t n;
    struct history *history;       // NULL: no sequences from the interactions
    const uint32_t **ids;          // (n) of a sequence: the id of each candidate
    size_t met[LEVELS];            // rows of each level that passed encoding_add
    size_t queries;
    struct arena arena;
};

static void add_tower(struct encoding *e, const struct config_tower *tower, const struct config_side *side, enum encoding_level level)
{
    for (size_t j = 0; j < tower->n_inputs; j++) {
        size_t known = 0;
        while (known < e->n && e->features[known]->config != tower->inputs[j])
            known++;
        if (known == e->n)
            e->features[e->n++] = feature_new(e->config, tower->inputs[j]);
        e->reads[known][config_is_contextual(e->config, side, tower->inputs[j]) ? LEVEL_INTERACTION : level] = true;
    }
}

static void add_towers(struct encoding *e, const struct config_side *side, enum encoding_level level)
{
    for (size_t i = 0; i < e->config->n_towers; i++)
        if (e->config->towers[i].side == side)
            add_tower(e, &e->config->towers[i], side, level);
}

// A sequence takes the ids of the feature that is here anyway.
static void share_states(struct encoding *e)
{
    for (size_t f = 0; f < e->n; f++)
        for (size_t g = 0; e->features[f]->of != NULL && g < e->n; g++)
            if (e->features[g]->config == e->features[f]->of->config)
                feature_share(e->features[f], e->features[g]);
}

struct encoding *encoding_new(const struct config *config)
{
    struct encoding *e = memory_zeros(1, sizeof *e);
    e->config = config;
    e->features = arena_zeros(&e->arena, config->n_features, sizeof *e->features);
    e->reads = arena_zeros(&e->arena, config->n_features, sizeof *e->reads);
    e->empty = arena_zeros(&e->arena, config->n_features, sizeof *e->empty);
    e->rows = arena_zeros(&e->arena, config->n_features, sizeof *e->rows);
    e->fixed = arena_zeros(&e->arena, config->n_features, sizeof *e->fixed);
    e->ids = arena_zeros(&e->arena, config->n_features, sizeof *e->ids);
    add_towers(e, &config->query, LEVEL_QUERY);
    add_towers(e, &config->candidate, LEVEL_CANDIDATE);
    share_states(e);
    for (size_t f = 0; f < e->n && e->history == NULL; f++)
        if (feature_sequence_found(e->features[f]))
            e->history = history_new();
    return e;
}

bool encoding_owns(const struct encoding *e, const struct frame *frame)
{
    for (size_t f = 0; f < e->n; f++)
        if (e->features[f]->table != NULL && is_table(frame, e->features[f]->table))
            return true;
    return false;
}

void encoding_load(struct encoding *e, const char *path, bool extend)
{
    feature_load_file(e->features, e->n, e->config, path);
    for (size_t f = 0; f < e->n; f++)
        e->fixed[f] = !extend || !feature_extend(e->features[f]);
}

void encoding_fit(struct encoding *e, enum encoding_level level, const struct frame *rows, const uint32_t *counts)
{
    for (size_t f = 0; f < e->n; f++)
        if (e->reads[f][level] && !e->fixed[f] && !feature_sequence_found(e->features[f]))
            feature_fit(e->features[f], rows, counts);
}

void encoding_events(struct encoding *e, const struct frame *rows, bool held)
{
    if (e->history == NULL || rows->rows == 0)
        return;
    const int64_t *time = e->config->time != NULL ? frame_column(rows, e->config->time, "i64")->values : NULL;
    history_add(e->history, frame_column(rows, "query", "u32")->values, frame_column(rows, "candidate", "u32")->values, time, rows->rows, held);
}

void encoding_fitted(struct encoding *e, const struct frame *candidates, size_t queries)
{
    for (size_t f = 0; f < e->n; f++)
        if (!e->fixed[f])
            feature_fitted(e->features[f]);
    for (size_t f = 0; f < e->n; f++)
        if (feature_sequence_found(e->features[f]))
            e->ids[f] = feature_encode(e->features[f]->of, candidates, &e->arena).values;
    e->queries = queries;
    if (e->history != NULL)
        history_sort(e->history, queries);
}

void encoding_save(const struct encoding *e, struct writer *out)
{
    for (size_t f = 0; f < e->n; f++)
        feature_save(e->features[f], out);
}

// The last candidates of each query or, of interactions, before each of them; or all of each query's.
static struct cells found_candidates(const struct encoding *e, size_t f, enum encoding_level level, size_t rows, struct arena *arena)
{
    const struct feature *feature = e->features[f];
    bool all = feature->config->gathers;
    size_t length = all ? history_most(e->history) : feature_sequence_length(feature);
    uint32_t *candidates = arena_array(arena, length, sizeof *candidates);
    struct id_lists out = {0};
    for (size_t i = 0; i < rows; i++) {
        size_t row = e->met[level] + i;
        size_t n = all                    ? history_all(e->history, row, candidates)
                   : level == LEVEL_QUERY ? history_last(e->history, row, length, candidates)
                                          : history_before(e->history, row, length, candidates);
        for (size_t j = 0; j < n; j++)
            id_lists_add(&out, e->ids[f][candidates[j]]);
        id_lists_row(&out);
    }
    return id_lists_cells(&out, arena);
}

static void add_column(struct frame *frame, struct arena *arena, const char *name, struct type type, struct cells cells)
{
    struct schema *schema = (struct schema *)(uintptr_t)frame->schema;
    struct cells *more = arena_array(arena, schema->n + 1, sizeof *more);
    memcpy(more, frame->cells, schema->n * sizeof *more);
    more[schema->n] = cells;
    frame->cells = more;
    schema_add(schema, arena, name, type);
}

void encoding_add(struct encoding *e, enum encoding_level level, struct frame *frame, struct arena *arena)
{
    const struct frame given = *frame;
    frame->schema = schema_copy(arena, given.schema);
    for (size_t f = 0; f < e->n; f++) {
        struct feature *feature = e->features[f];
        bool found = feature_sequence_found(feature);
        struct cells cells;
        if (!e->reads[f][level] && !(found && level == LEVEL_QUERY))
            continue;
        if (given.rows == 0) {
            cells = (struct cells){0};
        } else if (found) {
            cells = found_candidates(e, f, level, given.rows, arena);
        } else {
            e->empty[f] += feature_missing(feature, &given);
            e->rows[f] += given.rows;
            cells = feature_encode(feature, &given, arena);
        }
        add_column(frame, arena, feature->column, feature_type(feature), cells);
        if (feature_weighted(feature))
            add_column(frame, arena, feature->weight_column, type_of("f32*"),
                       given.rows == 0 ? cells : feature_weights(feature, &given, arena));
    }
    e->met[level] += given.rows;
}

void encoding_report(const struct encoding *e)
{
    for (size_t f = 0; f < e->n; f++)
        if (e->empty[f] > 0)
            warn("feature %s: %zu of %zu values are missing, and taken to be %s", quoted_text(e->features[f]->config->name), e->empty[f],
                 e->rows[f], quoted_text(e->features[f]->config->otherwise));
}
