#define _POSIX_C_SOURCE 200809L
#include "common/serve/loaded.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/sort.h"
#include "common/model/typed.h"
#include "common/recommend/lists.h"
#include "common/stream/reader.h"

static void keys_begin(struct keys *keys, size_t n)
{
    keys->map = map_new();
    map_reserve(keys->map, n);
    keys->rows = memory_resize(NULL, n, sizeof *keys->rows);
}

static void keys_add(struct keys *keys, struct text key, uint32_t row)
{
    size_t before = map_size(keys->map);
    uint32_t number = map_add(keys->map, key.data, key.length);
    if (map_size(keys->map) > before)
        keys->rows[number] = row;
    else if (keys->rows[number] != row)
        keys->rows[number] = UINT32_MAX;
}

uint32_t keys_find(const struct keys *keys, const char *key, size_t length)
{
    uint32_t number;
    return map_find(keys->map, key, length, &number) ? keys->rows[number] : UINT32_MAX;
}

// The column of keys of a table, by row and back.
static const char **read_keys(struct loaded *l, struct keys *keys, const struct held *table, const char *column)
{
    size_t n, row = 0;
    const struct frame *frames = held_frames(table, &n);
    const char **texts = arena_array(&l->arena, held_rows(table) + 1, sizeof *texts);
    struct arena scratch = {0};
    keys_begin(keys, held_rows(table));
    for (size_t f = 0; f < n; f++) {
        const struct cells *cells = frame_texts(&frames[f], column, &scratch);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            struct text key = cells_text(cells, i);
            texts[row] = arena_text(&l->arena, key.data, key.length);
            keys_add(keys, key, (uint32_t)row);
        }
        arena_reset(&scratch);
    }
    arena_free(&scratch);
    return texts;
}

// The other text columns of the candidates: people name a film by its title.
static void read_titles(struct loaded *l, const struct held *table, const char *key)
{
    const struct schema *schema = held_schema(table);
    size_t n, columns = 0;
    const struct frame *frames = held_frames(table, &n);
    for (size_t c = 0; c < schema->n; c++)
        columns += type_equal(schema->columns[c].type, type_of("str"));
    keys_begin(&l->titles, held_rows(table) * columns);
    for (size_t c = 0; c < schema->n; c++) {
        if (!type_equal(schema->columns[c].type, type_of("str")) || strcmp(schema->columns[c].name, key) == 0)
            continue;
        size_t row = 0;
        for (size_t f = 0; f < n; f++)
            for (size_t i = 0; i < frames[f].rows; i++, row++)
                keys_add(&l->titles, cells_text(&frames[f].cells[c], i), (uint32_t)row);
    }
}

// The interactions of each query, in the order of the table.
static void read_past(struct loaded *l, const struct held *table)
{
    size_t n;
    const struct frame *frames = held_frames(table, &n);
    l->n_interactions = held_rows(table);
    l->past_ends = arena_zeros(&l->arena, l->n_queries + 1, sizeof *l->past_ends);
    l->past = arena_array(&l->arena, l->n_interactions + 1, sizeof *l->past);
    for (size_t pass = 0; pass < 2; pass++) {
        uint32_t row = 0;
        for (size_t f = 0; f < n; f++) {
            const uint32_t *queries = frame_column(&frames[f], "query", "u32")->values,
                           *candidates = frame_column(&frames[f], "candidate", "u32")->values;
            for (size_t i = 0; i < frames[f].rows; i++, row++) {
                if (queries[i] >= l->n_queries || candidates[i] >= l->n_candidates)
                    die(EXIT_INPUT, "%s: table %s: row %u: query %u and candidate %u, but there are %zu and %zu", l->path,
                        quoted_text(frames[f].schema->table), row, queries[i], candidates[i], l->n_queries, l->n_candidates);
                if (pass == 0)
                    l->past_ends[queries[i]]++;
                else
                    l->past[l->past_ends[queries[i]]++] = row;
            }
        }
        // After the first pass: where each begins, which the second makes where it ends.
        for (size_t q = 0, sum = 0, count; pass == 0 && q < l->n_queries; q++, sum += count) {
            count = l->past_ends[q];
            l->past_ends[q] = (uint32_t)sum;
        }
    }
}

static void read_file(struct loaded *l)
{
    const struct recommender_needs needs = {.typed = true, .interactions = true, .heads = true};
    struct recommender_needs plain = needs;
    l->reader = reader_map(l->path);
    l->config = config_from_stream(l->reader);
    plain.heads = l->config->n_heads > 0;
    for (size_t w = 0; w < l->n_workers; w++)
        l->recommenders[w] = recommender_new(l->config, &plain, 1);
    struct frame frame;
    while (reader_next(l->reader, &frame))
        for (size_t w = 0; w < l->n_workers; w++)
            if (!recommender_takes_model(l->recommenders[w], &frame, true))
                recommender_takes_data(l->recommenders[w], &frame, true);
    for (size_t w = 0; w < l->n_workers; w++) {
        recommender_ready(l->recommenders[w], l->path, l->path);
        (void)recommender_inputs(l->recommenders[w]);
    }
}

static void open_file(void *context)
{
    struct loaded *l = context;
    read_file(l);
    struct recommender *r = l->recommenders[0];
    const struct config *c = l->config;
    const char *query_key = config_key(c, &c->query);
    l->n_queries = held_rows(r->queries);
    l->n_candidates = held_rows(r->candidates);
    if (l->n_candidates == 0)
        die(EXIT_INPUT, "%s: no candidates", l->path);
    l->query_keys = read_keys(l, &l->queries, r->queries, query_key);
    l->candidate_keys = read_keys(l, &l->candidates, r->candidates, recommender_key(r));
    read_titles(l, r->candidates, recommender_key(r));
    l->popular = popular_new(r->candidates, &l->arena);
    read_past(l, r->interactions);
    l->answers = answers_new(c, r->candidates, r->interactions, l->path);
    l->shown = answers_columns(l->answers, &l->n_shown);
    if (r->asks_context) {
        l->latest = arena_array(&l->arena, l->n_queries + 1, sizeof *l->latest);
        typed_latest(c, r->interactions, l->n_queries, l->latest);
    }
}

void loaded_free(struct loaded *l)
{
    const struct keys *keys[] = {&l->queries, &l->candidates, &l->titles};
    answers_free(l->answers);
    for (size_t i = 0; i < 3; i++) {
        if (keys[i]->map != NULL)
            map_free(keys[i]->map);
        free(keys[i]->rows);
    }
    for (size_t w = 0; w < l->n_workers; w++)
        recommender_free(l->recommenders[w]);
    config_free(l->config);
    reader_close(l->reader);
    arena_free(&l->arena);
    free(l);
}

struct loaded *loaded_new(const char *name, uint64_t version, const char *path, size_t n_workers)
{
    struct loaded *l = memory_zeros(1, sizeof *l);
    *l = (struct loaded){.version = version, .n_workers = n_workers, .loaded_at = time(NULL)};
    l->name = arena_text(&l->arena, name, strlen(name));
    l->path = arena_text(&l->arena, path, strlen(path));
    l->recommenders = arena_zeros(&l->arena, n_workers, sizeof(struct recommender *));
    atomic_init(&l->references, 1);
    return l;
}

bool loaded_open(struct loaded *l, struct die_guard *guard)
{
    return die_guarded(guard, open_file, l);
}

// The first query is answered.
static void try_query(const struct loaded *l, struct arena *arena)
{
    struct recommender *r = l->recommenders[0];
    struct topk_query list = {0};
    uint32_t query = 0;
    float *vector = arena_array(arena, r->heads * r->index->dim, sizeof *vector);
    struct frame context = {0};
    const struct frame *row = held_select(r->queries, &query, 1), *beside = NULL;
    if (l->latest != NULL)
        context = typed_context(r->config, r->asks, recommender_inputs(r), r->interactions, l->latest[0], row, &(struct arg_list){0}, l->path, arena);
    if (context.rows > 0)
        beside = &context;
    recommender_vectors(r, row, beside, &query, vector);
    lists_make(r, &(struct lists_plan){.k = 1}, &(struct lists_asked){vector, &query, row, beside, 1}, &list, arena);
}

void loaded_check(const char *path)
{
    struct reader *in = reader_open(path);
    struct frame frame;
    while (reader_next(in, &frame))
        continue;
    reader_close(in);
    struct arena arena = {0};
    struct loaded *l = loaded_new("", 1, path, 1);
    open_file(l);
    index_check(l->recommenders[0]->index, path);
    if (l->n_queries > 0)
        try_query(l, &arena);
    arena_free(&arena);
    loaded_free(l);
}
