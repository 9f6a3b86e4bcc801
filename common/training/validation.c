#include "common/training/validation.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/index/askings.h"
#include "common/index/index.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"
#include "common/training/rehearsal.h"

enum { GROUP = 512 };  // askings whose lists are held at once

struct validation {
    const struct config *config;
    struct rehearsal *rehearsal;        // of predictions; NULL: of rankings, and the rest is for those
    const struct config_task *task;     // the first retrieval
    const struct metric_kind *kind;
    size_t k;
    bool kept;                          // lists with what was seen
    const char *table;                  // R.valid
    struct gather *rows, *seen, *counts;
    const struct frame *queries, *candidates;
    const char **context;               // (n_context) the columns of the interactions that the query tower reads
    size_t n_context;
    struct askings *askings;
    // R.valid, by asking and candidate.
    size_t n;
    uint32_t *asking, *candidate;       // (n)
    float *weight, *scores;             // (n); weight NULL without a column of weights
    struct arena lasting, arena;
};

// Notes the columns of the interactions that the tower of the queries reads.
static void find_context(struct validation *v)
{
    const struct config_tower *tower = v->task->query;
    v->context = arena_array(&v->lasting, 2 * tower->n_inputs, sizeof *v->context);
    for (size_t j = 0; j < tower->n_inputs; j++)
        if (config_is_contextual(v->config, &v->config->query, tower->inputs[j]))
            v->context[v->n_context++] = arena_printf(&v->lasting, "feature/%s", tower->inputs[j]->name);
}

// And the weights that stand beside some of them.
static void find_weights(struct validation *v, const struct schema *schema)
{
    for (size_t i = 0, n = v->n_context; i < n; i++) {
        const char *weight = arena_printf(&v->lasting, "weight/%s", v->context[i] + strlen("feature/"));
        if (schema_find(schema, weight) != SIZE_MAX)
            v->context[v->n_context++] = weight;
    }
}

struct validation *validation_new(const struct config *config)
{
    const struct call *call = &config->validate;
    if (strcmp(call->name, "none") == 0)
        return NULL;
    struct validation *v = memory_zeros(1, sizeof *v);
    v->config = config;
    v->rehearsal = rehearsal_new(config, call);
    if (v->rehearsal != NULL)
        return v;
    v->task = config_retrieval(config, "[train] validate");
    v->kind = metric_kind(call->name);
    if (v->kind == NULL) {
        const char *names[16] = {0};
        size_t n = 0;
        for (; metric_kinds[n] != NULL; n++)
            names[n] = metric_kinds[n]->name;
        die(EXIT_INPUT, "%s: unknown metric %s%s", call->place, quoted_text(call->name), did_you_mean(call->name, names, n));
    }
    call_known(call, "k, seen", 1);
    const char *k = call_text(call, "k") != NULL ? call_text(call, "k") : call_position(call, 0), *seen = call_text(call, "seen");
    if (k == NULL)
        die(EXIT_INPUT, "%s: %s needs the length of the lists, such as %s(20)", call->place, call->name, call->name);
    v->k = value_count(k, "k", call->place, 1, 1 << 24);
    v->kept = seen != NULL && strcmp(seen, "kept") == 0;
    if (seen != NULL && !v->kept && strcmp(seen, "excluded") != 0)
        die(EXIT_INPUT, "%s: seen is %s, wanted kept or excluded", call->place, quoted_text(seen));
    if (v->kept && !v->kind->by_event)
        die(EXIT_INPUT, "%s: %s has no figure with what was seen", call->place, call->name);
    v->table = arena_printf(&v->lasting, "%s.valid", config->interactions);
    find_context(v);
    v->rows = gather_new();
    v->seen = gather_new();
    v->counts = gather_new();
    return v;
}

const char *validation_metric(const struct validation *v)
{
    return v->rehearsal != NULL ? rehearsal_metric(v->rehearsal)->name : v->kind->name;
}

bool validation_lesser(const struct validation *v)
{
    return v->rehearsal != NULL && rehearsal_metric(v->rehearsal)->lesser;
}

size_t validation_k(const struct validation *v)
{
    return v->k;  // 0 of predictions
}

// Adds columns of a frame to a gather: those named (n) and, of those of features, all that are there.
static void keep(struct validation *v, struct gather *gather, const struct frame *frame, const char *const (*columns)[2], size_t n, bool features)
{
    const struct schema *from = frame->schema;
    arena_reset(&v->arena);
    struct schema *schema = schema_new(&v->arena, from->table);
    struct cells *cells = arena_array(&v->arena, n + from->n, sizeof *cells);
    for (size_t i = 0; i < n; i++) {
        cells[i] = *frame_column(frame, columns[i][0], columns[i][1]);
        schema_add(schema, &v->arena, columns[i][0], type_of(columns[i][1]));
    }
    for (size_t i = 0; features && i < from->n; i++) {
        if (!is_encoded_column(from->columns[i].name))
            continue;
        cells[schema->n] = frame->cells[i];
        schema_add(schema, &v->arena, from->columns[i].name, from->columns[i].type);
    }
    gather_add(gather, &(struct frame){.schema = schema, .rows = frame->rows, .cells = cells, .place = frame->place});
}

void validation_looks(struct validation *v, const struct frame *frame)
{
    if (v->rehearsal != NULL) {
        rehearsal_looks(v->rehearsal, frame);
        return;
    }
    const char *const rows[][2] = {{"query", "u32"}, {"candidate", "u32"}, {v->config->weight, "f32"}};
    static const char *const seen[][2] = {{"candidates", "u32*"}}, *const counts[][2] = {{"count", "u32"}};
    if (is_table(frame, v->table))
        keep(v, v->rows, frame, rows, v->config->weight != NULL ? 3 : 2, v->n_context > 0);
    else if (is_table(frame, "seen"))
        keep(v, v->seen, frame, seen, 1, false);
    else if (is_table(frame, v->config->candidate.table))
        keep(v, v->counts, frame, counts, 1, false);
}

static void check_below(const struct validation *v, const uint32_t *values, size_t n, size_t bound, const char *column, const char *source)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] >= bound)
            die(EXIT_INPUT, "%s: table %s: row %zu: %s %u, but there are %zu", source, quoted_text(v->table), i, column, values[i], bound);
}

static void check_seen(struct validation *v, const char *source)
{
    const struct frame *seen = gather_frame(v->seen);
    size_t rows = seen != NULL ? seen->rows : 0;
    if (seen == NULL || rows != v->queries->rows)
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but there are %zu queries: run vocab first", source, rows, v->queries->rows);
    const uint32_t *lists = seen->cells[0].lists, *values = seen->cells[0].values;
    for (size_t q = 0; q < rows; q++)
        for (uint32_t i = lists[q]; i < lists[q + 1]; i++)
            if (values[i] >= v->candidates->rows || (i > lists[q] && values[i] <= values[i - 1]))
                die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, wanted rising ones below %zu", source, q, values[i],
                    v->candidates->rows);
}

static void sort_rows(struct validation *v, const uint32_t *candidate, const float *weight)
{
    uint64_t *keys = memory_zeros(v->n, sizeof *keys);
    uint32_t *order = memory_zeros(v->n, sizeof *order);
    for (size_t i = 0; i < v->n; i++) {
        keys[i] = (uint64_t)askings_of(v->askings)[i] << 32 | candidate[i];
        order[i] = (uint32_t)i;
    }
    sort_keys(keys, order, v->n);
    for (size_t i = 0; i < v->n; i++) {
        v->asking[i] = (uint32_t)(keys[i] >> 32);
        v->candidate[i] = (uint32_t)keys[i];
        if (weight != NULL)
            v->weight[i] = weight[order[i]];
    }
    free(keys);
    free(order);
}

bool validation_ready(struct validation *v, const struct frame *queries, const struct frame *candidates, const char *source)
{
    if (v->rehearsal != NULL)
        return rehearsal_ready(v->rehearsal, queries, candidates, source);
    const struct frame *rows = gather_frame(v->rows);
    v->queries = queries;
    v->candidates = candidates;
    if (rows == NULL || rows->rows == 0)
        return false;
    const uint32_t *candidate = rows->cells[1].values;
    const float *weight = v->config->weight != NULL ? rows->cells[2].values : NULL;
    check_below(v, rows->cells[0].values, rows->rows, queries->rows, "query", source);
    check_below(v, candidate, rows->rows, candidates->rows, "candidate", source);
    check_seen(v, source);
    find_weights(v, rows->schema);
    v->askings = askings_new(queries->rows, v->context, v->n_context);
    askings_add(v->askings, rows);
    askings_ready(v->askings);
    v->n = rows->rows;
    v->asking = arena_array(&v->lasting, v->n, sizeof *v->asking);
    v->candidate = arena_array(&v->lasting, v->n, sizeof *v->candidate);
    v->scores = arena_array(&v->lasting, v->n, sizeof *v->scores);
    v->weight = weight != NULL ? arena_array(&v->lasting, v->n, sizeof *v->weight) : NULL;
    sort_rows(v, candidate, weight);
    gather_free(v->rows);
    v->rows = gather_new();
    return true;
}

// The askings whose rows begin at `at`, at most GROUP: begins (n + 1) where each one's rows begin, in the arena.
static size_t next_group(struct validation *v, size_t at, size_t *begins)
{
    size_t n = 0;
    for (; at < v->n && n < GROUP; n++) {
        begins[n] = at;
        while (at < v->n && v->asking[at] == v->asking[begins[n]])
            at++;
    }
    begins[n] = at;
    return n;
}

// Ranks for a group of askings, and adds them to the figures.
static void run_group(struct validation *v, struct model *model, struct pool *pool, const struct index *index, const size_t *begins, size_t n,
                      struct figures *figures)
{
    size_t all, first_asking = v->asking[begins[0]];
    const uint32_t *queries = askings_queries(v->askings, &all) + first_asking;
    const struct frame *contexts = askings_context(v->askings);
    struct frame context = contexts != NULL ? frame_slice(contexts, first_asking, first_asking + n, &v->arena) : (struct frame){0};
    const struct config_tower *tower = v->task->query;
    const struct cells *seen = &gather_frame(v->seen)->cells[0];
    size_t dim = model_dim(model, tower), k = v->k < v->candidates->rows ? v->k : v->candidates->rows;
    float *vectors = arena_array(&v->arena, n * dim, sizeof *vectors);
    struct frame rows = frame_select(v->queries, queries, n, &v->arena);
    model_vectors(model, tower, &rows, contexts != NULL ? &context : NULL, vectors);
    struct topk_query *asked = arena_zeros(&v->arena, n, sizeof *asked);
    struct topk_hit *hits = arena_array(&v->arena, n * k, sizeof *hits);
    for (size_t i = 0; i < n; i++) {
        uint32_t first = seen->lists[queries[i]];
        asked[i] = (struct topk_query){.asked = v->candidate + begins[i], .n_asked = begins[i + 1] - begins[i],
                                       .asked_scores = v->scores + begins[i], .hits = hits + i * k};
        if (!v->kept) {
            asked[i].apart = (const uint32_t *)seen->values + first;
            asked[i].n_apart = seen->lists[queries[i] + 1] - first;
        }
    }
    index_search(index, v->task->heads, vectors, asked, n, k, pool, &v->arena);
    uint32_t *list = arena_array(&v->arena, k, sizeof *list);
    float *scores = arena_array(&v->arena, k, sizeof *scores);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < asked[i].n_hits; j++) {
            list[j] = asked[i].hits[j].row;
            scores[j] = asked[i].hits[j].score;
        }
        uint32_t first = seen->lists[queries[i]];
        figures_add(figures, &(struct figures_query){
            .list = {list, scores, asked[i].n_hits}, .seen = (const uint32_t *)seen->values + first,
            .n_seen = seen->lists[queries[i] + 1] - first, .candidates = v->candidate + begins[i], .scores = v->scores + begins[i],
            .weights = v->weight != NULL ? v->weight + begins[i] : NULL, .n_events = begins[i + 1] - begins[i]});
    }
}

struct figure validation_run(struct validation *v, struct model *model, struct pool *pool)
{
    if (v->rehearsal != NULL) {
        struct figure figure = {.metric = validation_metric(v)};
        figure.value = rehearsal_run(v->rehearsal, model, pool, &figure.popularity);
        return figure;
    }
    const struct config_tower *tower = v->task->candidate;
    size_t n = v->candidates->rows, dim = model_dim(model, tower);
    float *vectors = memory_aligned(n * dim, sizeof *vectors);
    model_vectors(model, tower, v->candidates, NULL, vectors);
    struct index *index = index_flat_over(vectors, n, dim);
    struct figures_plan plan = {.kept = v->kept, .excluded = !v->kept};
    plan.event_ks = v->kind->by_event ? &v->k : NULL;
    plan.n_event_ks = v->kind->by_event;
    plan.query_ks = v->kind->by_event ? NULL : &v->k;
    plan.n_query_ks = !v->kind->by_event;
    struct figures *figures = figures_new(gather_frame(v->counts)->cells[0].values, n, &plan);
    size_t begins[GROUP + 1];
    for (size_t at = 0, group; at < v->n; at = begins[group]) {
        arena_reset(&v->arena);
        group = next_group(v, at, begins);
        run_group(v, model, pool, index, begins, group, figures);
    }
    struct figure figure = {0};
    for (size_t i = 0; i < figures_count(figures); i++)
        if (strcmp(figures_get(figures, i).metric, v->kind->name) == 0)
            figure = figures_get(figures, i);
    figures_free(figures);
    index_free(index);
    free(vectors);
    return figure;
}

void validation_free(struct validation *v)
{
    if (v == NULL)
        return;
    rehearsal_free(v->rehearsal);
    gather_free(v->rows);
    gather_free(v->seen);
    gather_free(v->counts);
    askings_free(v->askings);
    arena_free(&v->lasting);
    arena_free(&v->arena);
    free(v);
}
