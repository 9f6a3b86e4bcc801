#include "common/training/validation.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/index/index.h"

enum { GROUP = 512 };  // queries whose lists are held at once

struct validation {
    const struct config *config;
    const struct metric_kind *kind;
    size_t k;
    bool kept;                          // lists with what was seen
    const char *table;                  // R.valid
    struct gather *rows, *seen, *counts;
    const struct frame *queries, *candidates;
    bool contextual;                    // every row of R.valid is a query of its own
    // R.valid, by query and candidate.
    size_t n;
    uint32_t *order;                    // (n) rows of the table
    uint32_t *query, *candidate;        // (n)
    float *weight, *scores;             // (n); weight NULL without a column of weights
    struct arena lasting, arena;
};

struct validation *validation_new(const struct config *config)
{
    const struct call *call = &config->validate;
    if (strcmp(call->name, "none") == 0)
        return NULL;
    struct validation *v = memory_zeros(1, sizeof *v);
    v->config = config;
    v->kind = metric_kind(call->name);
    if (v->kind == NULL) {
        const char *names[16] = {0};
        size_t n = 0;
        for (; metric_kinds[n] != NULL; n++)
            names[n] = metric_kinds[n]->name;
        const char *near = nearest_word(call->name, names, n);
        die(EXIT_INPUT, "%s: unknown metric %s%s%s", call->place, quoted_text(call->name), near != NULL ? ", did you mean " : "",
            near != NULL ? quoted_text(near) : "");
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
    const struct config_tower *tower = config->tasks[0].query;
    for (size_t i = 0; i < tower->n_inputs; i++)
        v->contextual |= config_is_contextual(config, &config->query, tower->inputs[i]);
    v->rows = gather_new();
    v->seen = gather_new();
    v->counts = gather_new();
    return v;
}

const char *validation_metric(const struct validation *v)
{
    return v->kind->name;
}

size_t validation_k(const struct validation *v)
{
    return v->k;
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
        if (strncmp(from->columns[i].name, "feature/", 8) != 0 && strncmp(from->columns[i].name, "weight/", 7) != 0)
            continue;
        cells[schema->n] = frame->cells[i];
        schema_add(schema, &v->arena, from->columns[i].name, from->columns[i].type);
    }
    gather_add(gather, &(struct frame){.schema = schema, .rows = frame->rows, .cells = cells, .place = frame->place});
}

void validation_looks(struct validation *v, const struct frame *frame)
{
    const char *const rows[][2] = {{"query", "u32"}, {"candidate", "u32"}, {v->config->weight, "f32"}};
    static const char *const seen[][2] = {{"candidates", "u32*"}}, *const counts[][2] = {{"count", "u32"}};
    if (is_table(frame, v->table))
        keep(v, v->rows, frame, rows, v->config->weight != NULL ? 3 : 2, v->contextual);
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

static void sort_rows(struct validation *v, const struct frame *rows)
{
    const uint32_t *query = rows->cells[0].values, *candidate = rows->cells[1].values;
    const float *weight = v->config->weight != NULL ? rows->cells[2].values : NULL;
    uint64_t *keys = memory_zeros(rows->rows, sizeof *keys);
    v->n = rows->rows;
    v->order = arena_array(&v->lasting, v->n, sizeof *v->order);
    for (size_t i = 0; i < v->n; i++) {
        keys[i] = (uint64_t)query[i] << 32 | candidate[i];
        v->order[i] = (uint32_t)i;
    }
    sort_keys(keys, v->order, v->n);
    free(keys);
    v->query = arena_array(&v->lasting, v->n, sizeof *v->query);
    v->candidate = arena_array(&v->lasting, v->n, sizeof *v->candidate);
    v->scores = arena_array(&v->lasting, v->n, sizeof *v->scores);
    v->weight = weight != NULL ? arena_array(&v->lasting, v->n, sizeof *v->weight) : NULL;
    for (size_t i = 0; i < v->n; i++) {
        v->query[i] = query[v->order[i]];
        v->candidate[i] = candidate[v->order[i]];
        if (weight != NULL)
            v->weight[i] = weight[v->order[i]];
    }
}

bool validation_ready(struct validation *v, const struct frame *queries, const struct frame *candidates, const char *source)
{
    const struct frame *rows = gather_frame(v->rows);
    v->queries = queries;
    v->candidates = candidates;
    if (rows == NULL || rows->rows == 0)
        return false;
    check_below(v, rows->cells[0].values, rows->rows, queries->rows, "query", source);
    check_below(v, rows->cells[1].values, rows->rows, candidates->rows, "candidate", source);
    check_seen(v, source);
    sort_rows(v, rows);
    return true;
}

// The queries whose rows begin at `at`, at most GROUP: begins (n + 1) where each one's rows begin.
static size_t next_group(struct validation *v, size_t at, uint32_t *queries, size_t *begins)
{
    size_t n = 0;
    for (; at < v->n && n < GROUP; n++) {
        queries[n] = v->query[at];
        begins[n] = at++;
        while (!v->contextual && at < v->n && v->query[at] == queries[n])
            at++;
    }
    begins[n] = at;
    return n;
}

// Ranks for a group of queries, and adds them to the figures.
static void run_group(struct validation *v, struct model *model, struct pool *pool, const struct index *index,
                      const uint32_t *queries, const size_t *begins, size_t n, struct figures *figures)
{
    const struct config_tower *tower = v->config->tasks[0].query;
    const struct cells *seen = &gather_frame(v->seen)->cells[0];
    size_t dim = model_dim(model, tower), k = v->k < v->candidates->rows ? v->k : v->candidates->rows;
    float *vectors = arena_array(&v->arena, n * dim, sizeof *vectors);
    struct frame rows = frame_select(v->queries, queries, n, &v->arena), context;
    if (v->contextual)
        context = frame_select(gather_frame(v->rows), v->order + begins[0], n, &v->arena);
    model_vectors(model, tower, &rows, v->contextual ? &context : NULL, vectors);
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
    index_search(index, v->config->tasks[0].heads, vectors, asked, n, k, pool, &v->arena);
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
    const struct config_tower *tower = v->config->tasks[0].candidate;
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
    uint32_t queries[GROUP];
    size_t begins[GROUP + 1];
    for (size_t at = 0, group; at < v->n; at = begins[group]) {
        arena_reset(&v->arena);
        group = next_group(v, at, queries, begins);
        run_group(v, model, pool, index, queries, begins, group, figures);
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
    gather_free(v->rows);
    gather_free(v->seen);
    gather_free(v->counts);
    arena_free(&v->lasting);
    arena_free(&v->arena);
    free(v);
}
