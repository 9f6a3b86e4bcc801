#include "common/recommend/recommender.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/typed.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"

static void use_task(struct recommender *r, const struct config_task *task)
{
    r->tower = task->query;
    r->heads = task->heads;
}

struct recommender *recommender_new(const struct config *config, const struct recommender_needs *needs, size_t threads)
{
    struct recommender *r = memory_zeros(1, sizeof *r);
    *r = (struct recommender){.config = config, .needs = *needs, .pool = pool_new(threads)};
    use_task(r, config_retrieval(config, "rank"));
    r->model = model_new(config, r->pool);
    bool one_tower = true;
    for (size_t i = 0; i < config->n_tasks; i++) {
        const struct config_tower *query = config->tasks[i].query;
        one_tower &= query == NULL || query == r->tower;
        r->contextual |= query != NULL && model_contextual(r->model, query);
    }
    for (size_t i = 0; i < config->n_towers && needs->heads; i++)
        r->contextual |= config->towers[i].side == &config->query && model_contextual(r->model, &config->towers[i]);
    if (one_tower && !needs->heads)
        model_only(r->model, r->tower);
    if (needs->heads)
        r->predictor = predictor_new(config, r->model, r->pool);
    r->index = index_load(needs->index_name);
    r->shards = needs->shards > 0 ? shards_new(config) : NULL;
    r->queries = held_new();
    r->seen = held_new();
    r->candidates = held_new();
    r->interactions = held_new();
    r->features = memory_zeros(config->n_features, sizeof *r->features);
    for (size_t i = 0; i < config->n_features; i++)
        r->features[i] = held_new();
    return r;
}

bool recommender_is_model(const struct frame *frame)
{
    return is_model_table(frame->schema->table) || is_index_table(frame->schema->table);
}

// Whether what comes is of one of several files, and of one after the first, whose model is the first one's.
static bool in_shards(const struct recommender *r)
{
    return r->shards != NULL && shards_n(r->shards) < r->needs.shards;
}

static bool is_later(const struct recommender *r)
{
    return in_shards(r) && shards_n(r->shards) > 0;
}

bool recommender_takes_model(struct recommender *r, const struct frame *frame, bool lasts)
{
    if (r->shards != NULL)
        shards_look(r->shards, frame);
    const char *table = frame->schema->table;
    return has_prefix(table, "slot/") || index_takes(r->index, frame, lasts) ||
           (is_later(r) ? has_prefix(table, "param/") : model_takes(r->model, frame));
}

// Whether the table is vocab/F, stats/F or the like of the feature.
static bool is_state_of(const char *table, const struct config_feature *feature)
{
    const char *slash = strchr(table, '/');
    const char *name = feature->of != NULL ? feature->of : feature->name;  // a sequence has the state of another
    return slash != NULL && strcmp(slash + 1, name) == 0 && !has_prefix(table, "param/");
}

static void hold(struct held *held, const struct frame *frame, bool lasts)
{
    if (held_schema(held) != NULL && !schema_equal(held_schema(held), frame->schema))
        die(EXIT_INPUT, "%s: table %s has other columns than in the file before", frame->place, quoted_text(frame->schema->table));
    held_add(held, frame, lasts);
}

void recommender_takes_data(struct recommender *r, const struct frame *frame, bool lasts)
{
    const struct recommender_needs *needs = &r->needs;
    bool queries = is_table(frame, r->config->query.table);
    if (queries && r->asked)
        return;
    if (queries)
        hold(r->queries, frame, lasts);
    if (r->predictor != NULL)
        predictor_looks(r->predictor, frame);
    if (is_table(frame, "seen")) {
        frame_column(frame, "candidates", "u32*");
        hold(r->seen, frame, lasts);
    }
    if ((needs->candidates || needs->typed) && is_table(frame, r->config->candidate.table))
        hold(r->candidates, frame, lasts);
    if ((needs->interactions || (needs->typed && r->contextual)) && is_table(frame, r->config->interactions)) {
        struct frame moved = in_shards(r) ? shards_interactions(r->shards, frame) : *frame;
        hold(r->interactions, &moved, lasts);
    }
    for (size_t i = 0; i < r->config->n_features && needs->typed && !is_later(r); i++)
        if (is_state_of(frame->schema->table, &r->config->features[i]))
            held_add(r->features[i], frame, lasts);
}

// Ends one of several files.
static void end_shard(struct recommender *r, const char *source)
{
    if (r->shards == NULL)
        return;
    bool seen = held_schema(r->seen) != NULL;
    index_ready(r->index, source);
    shards_end(r->shards, r->index, seen ? r->seen : NULL, source);
    r->index = index_load(r->needs.index_name);
    r->seen = seen ? held_new() : r->seen;
    r->asked = held_rows(r->queries) > 0;
}

struct recommender *recommender_map(const struct arg_list *paths, const struct recommender_needs *needs, bool all, struct origin *origin,
                                    size_t threads)
{
    struct recommender_needs wants = *needs;
    struct recommender *r = NULL;
    wants.shards = paths->n > 1 ? paths->n : 0;
    for (size_t i = 0; i < paths->n; i++) {
        struct reader *file = reader_map(paths->items[i]);
        struct frame frame;
        if (i == 0)
            r = recommender_new(config_from_stream(file), &wants, threads);
        while (reader_next(file, &frame)) {
            if (origin != NULL && (i == 0 || is_table(&frame, r->config->candidate.table)))
                origin_look(origin, r->config, &frame);
            if (!recommender_takes_model(r, &frame, true) && all)
                recommender_takes_data(r, &frame, true);
        }
        end_shard(r, reader_name(file));
    }
    return r;
}

static void check_data(const struct recommender *r)
{
    const struct index *index = r->index;
    bool seen = r->shards != NULL && shards_have_seen(r->shards);
    if (held_schema(r->queries) == NULL || (held_schema(r->seen) == NULL && !seen))
        die(EXIT_INPUT, "%s: no table %s: the stream has to come through 'vocab'", r->data_from,
            held_schema(r->seen) == NULL && !seen ? "\"seen\"" : quoted_text(r->config->query.table));
    if (!seen && held_rows(r->seen) != held_rows(r->queries))
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but %s has %zu", r->data_from, held_rows(r->seen),
            quoted_text(r->config->query.table), held_rows(r->queries));
    if (!r->needs.typed && !r->needs.candidates)
        return;
    if (held_schema(r->candidates) == NULL)
        die(EXIT_INPUT, "%s: no table %s of candidates", r->data_from, quoted_text(r->config->candidate.table));
    if (schema_find(held_schema(r->candidates), recommender_key(r)) == SIZE_MAX)
        die(EXIT_INPUT, "%s: table %s has no column %s, its key", r->data_from, quoted_text(r->config->candidate.table),
            quoted_text(recommender_key(r)));
    if (held_rows(r->candidates) != index->rows)
        die(EXIT_INPUT, "%s: index %s has %zu rows, but table %s has %zu", r->data_from, quoted_text(index->name), index->rows,
            quoted_text(index->table), held_rows(r->candidates));
}

static void add_inputs(struct recommender *r, const struct config_tower *tower)
{
    for (size_t i = 0; i < tower->n_inputs; i++) {
        size_t known = 0;
        while (known < r->asks->n_inputs && r->asks->inputs[known] != tower->inputs[i])
            known++;
        if (known == r->asks->n_inputs)
            r->asks->inputs[r->asks->n_inputs++] = tower->inputs[i];
    }
}

static void find_asks(struct recommender *r)
{
    const struct config *c = r->config;
    r->asks = memory_zeros(1, sizeof *r->asks);
    *r->asks = (struct config_tower){.name = r->tower->name, .place = r->tower->place, .side = r->tower->side};
    r->asks->inputs = memory_zeros(c->n_features, sizeof *r->asks->inputs);
    add_inputs(r, r->tower);
    for (size_t i = 0; i < c->n_towers && r->predictor != NULL; i++)
        if (c->towers[i].side == &c->query)
            add_inputs(r, &c->towers[i]);
    r->states = memory_zeros(r->asks->n_inputs, sizeof *r->states);
    for (size_t i = 0; i < r->asks->n_inputs; i++) {
        r->states[i] = r->features[r->asks->inputs[i] - c->features];
        r->asks_context |= config_is_contextual(c, &c->query, r->asks->inputs[i]);
    }
}

void recommender_ready(struct recommender *r, const char *model_from, const char *data_from)
{
    r->model_from = model_from;
    r->data_from = data_from;
    if (r->shards == NULL) {
        index_ready(r->index, model_from);
    } else {
        index_free(r->index);
        r->index = shards_index(r->shards);
    }
    model_ready(r->model, model_from);
    const struct index *index = r->index;
    if (strcmp(index->table, r->config->candidate.table) != 0)
        die(EXIT_INPUT, "%s: index %s is of table %s, wanted the candidates, %s", model_from, quoted_text(index->name),
            quoted_text(index->table), quoted_text(r->config->candidate.table));
    for (size_t i = 0; i < r->config->n_tasks; i++)
        if (r->config->tasks[i].candidate != NULL && strcmp(r->config->tasks[i].candidate->name, index->name) == 0)
            use_task(r, &r->config->tasks[i]);
    find_asks(r);
    if (r->predictor != NULL)
        predictor_start(r->predictor, data_from);
    size_t dim = model_dim(r->model, r->tower);
    if (dim != index->dim * r->heads)
        die(EXIT_INPUT, "%s: index %s has vectors of %zu numbers, but tower %s gives %zu, wanted %zu", model_from,
            quoted_text(index->name), index->dim, quoted_text(r->tower->name), dim, index->dim * r->heads);
    check_data(r);
}

const struct config_head *recommender_head(const struct recommender *r, const char *option, const char *name, struct arena *arena)
{
    const struct config_head *const *heads;
    size_t n = r->predictor != NULL ? predictor_heads(r->predictor, &heads) : 0;
    const char **names = arena_array(arena, n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = heads[i]->name;
        if (strcmp(names[i], name) == 0)
            return heads[i];
    }
    die(EXIT_USAGE, "%s %s: %s%s", option, quoted_text(name), n == 0 ? "the model has no heads" : "the model has no such head",
        did_you_mean(name, names, n));
}

const char **recommender_context(struct recommender *r, size_t *n)
{
    const struct config *c = r->config;
    const char **all = memory_zeros(2 * r->asks->n_inputs + 1, sizeof *all);
    *n = 0;
    for (size_t i = 0; i < c->n_towers; i++) {
        size_t m = 0;
        bool read = &c->towers[i] == r->tower || (r->predictor != NULL && c->towers[i].side == &c->query);
        const char **columns = read ? model_context(r->model, &c->towers[i], &m) : NULL;
        for (size_t j = 0; j < m; j++) {
            size_t known = 0;
            while (known < *n && strcmp(all[known], columns[j]) != 0)
                known++;
            if (known == *n)
                all[(*n)++] = columns[j];
        }
    }
    return all;
}

struct feature *const *recommender_inputs(struct recommender *r)
{
    if (r->inputs == NULL)
        r->inputs = typed_features(r->config, r->asks, r->states, r->data_from);
    return r->inputs;
}

const char *recommender_key(const struct recommender *r)
{
    return config_key(r->config, &r->config->candidate);
}

const uint32_t *recommender_seen(const struct recommender *r, size_t query, size_t *n, struct arena *arena)
{
    if (r->shards != NULL && shards_have_seen(r->shards))
        return shards_seen(r->shards, query, n, arena);
    return shards_seen_in(r->seen, query, r->index->rows, r->data_from, n);
}

void recommender_vectors(struct recommender *r, const struct frame *rows, const struct frame *context, const uint32_t *numbers, float *out)
{
    model_vectors(r->model, r->tower, rows, context, out);
    size_t dim = r->index->dim * r->heads;
    for (size_t i = 0; i < rows->rows * dim; i++)
        if (!isfinite(out[i]))
            die(EXIT_INPUT, "%s: query %u: tower %s gives a vector with %g in it", r->model_from, numbers[i / dim],
                quoted_text(r->tower->name), (double)out[i]);
}

void recommender_free(struct recommender *r)
{
    if (r == NULL)
        return;
    index_free(r->index);
    predictor_free(r->predictor);
    model_free(r->model);
    held_free(r->queries);
    held_free(r->seen);
    held_free(r->candidates);
    held_free(r->interactions);
    for (size_t i = 0; i < r->config->n_features; i++)
        held_free(r->features[i]);
    free(r->features);
    free(r->states);
    if (r->asks != NULL) {
        typed_features_free(r->inputs, r->asks->n_inputs);
        free(r->asks->inputs);
    }
    free(r->asks);
    pool_free(r->pool);
    free(r);
}
