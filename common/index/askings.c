#include "common/index/askings.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/base/sort.h"
#include "common/stream/builder.h"

struct askings {
    const char *const *columns;
    size_t n_columns, n_queries;
    struct map *map;             // query and context: the number of an asking in the order they came
    struct gather *gather;       // contexts in that order
    uint32_t *of;                // (rows) first that number, or the query; once ready, the final number
    size_t rows, capacity;
    uint32_t *queries;           // (n); before, in the order they came
    size_t n, queries_capacity;
    struct frame context;        // sorted
    struct arena arena, scratch; // scratch: of one frame
};

struct askings *askings_new(size_t n_queries, const char *const *columns, size_t n)
{
    struct askings *a = memory_zeros(1, sizeof *a);
    *a = (struct askings){.columns = columns, .n_columns = n, .n_queries = n_queries};
    if (n > 0) {
        a->map = map_new();
        a->gather = gather_new();
    }
    return a;
}

void askings_free(struct askings *a)
{
    if (a == NULL)
        return;
    if (a->map != NULL)
        map_free(a->map);
    gather_free(a->gather);
    free(a->of);
    free(a->queries);
    arena_free(&a->arena);
    arena_free(&a->scratch);
    free(a);
}

// The columns of the context alone.
static struct frame context_of(struct askings *a, const struct frame *frame)
{
    struct frame context = {.rows = frame->rows, .place = frame->place};
    struct schema *schema = schema_new(&a->scratch, frame->schema->table);
    context.cells = arena_array(&a->scratch, a->n_columns, sizeof *context.cells);
    for (size_t i = 0; i < a->n_columns; i++) {
        size_t at = schema_find(frame->schema, a->columns[i]);
        if (at == SIZE_MAX)
            die(EXIT_INPUT, "%s: table %s has no column %s, which the tower of the queries reads: run vocab first",
                frame->place != NULL ? frame->place : "stream", quoted_text(frame->schema->table), quoted_text(a->columns[i]));
        schema_add(schema, &a->scratch, a->columns[i], frame->schema->columns[at].type);
        context.cells[i] = frame->cells[at];
    }
    context.schema = schema;
    return context;
}

void askings_add(struct askings *a, const struct frame *frame)
{
    const uint32_t *queries = frame_column(frame, "query", "u32")->values;
    a->of = memory_grow(a->of, &a->capacity, a->rows + frame->rows, sizeof *a->of);
    uint32_t *of = a->of + a->rows;
    a->rows += frame->rows;
    if (a->map == NULL) {
        if (frame->rows > 0)
            memcpy(of, queries, frame->rows * sizeof *of);
        return;
    }
    arena_reset(&a->scratch);
    struct frame context = context_of(a, frame);
    uint32_t *fresh = arena_array(&a->scratch, frame->rows, sizeof *fresh);
    size_t n_fresh = 0;
    struct bytes key = {0};
    for (size_t i = 0; i < frame->rows; i++) {
        key.length = 0;
        bytes_add(&key, &queries[i], sizeof queries[i]);
        frame_row_bytes(&context, i, &key);
        of[i] = map_add(a->map, key.data, key.length);
        if (of[i] < a->n)
            continue;
        a->queries = memory_grow(a->queries, &a->queries_capacity, a->n + 1, sizeof *a->queries);
        a->queries[a->n++] = queries[i];
        fresh[n_fresh++] = (uint32_t)i;
    }
    free(key.data);
    struct frame chosen = frame_select(&context, fresh, n_fresh, &a->scratch);
    gather_add(a->gather, &chosen);
}

// Without a context: the queries that there are.
static void number_queries(struct askings *a)
{
    uint32_t *numbers = memory_zeros(a->n_queries, sizeof *numbers);
    for (size_t i = 0; i < a->rows; i++)
        numbers[a->of[i]] = 1;
    a->queries = memory_grow(a->queries, &a->queries_capacity, a->n_queries, sizeof *a->queries);
    for (size_t q = 0; q < a->n_queries; q++) {
        if (numbers[q] == 0)
            continue;
        numbers[q] = (uint32_t)a->n;
        a->queries[a->n++] = (uint32_t)q;
    }
    for (size_t i = 0; i < a->rows; i++)
        a->of[i] = numbers[a->of[i]];
    free(numbers);
}

static void sort_contexts(struct askings *a)
{
    uint64_t *keys = memory_zeros(a->n, sizeof *keys);
    uint32_t *order = memory_zeros(a->n, sizeof *order), *numbers = memory_zeros(a->n, sizeof *numbers);
    for (size_t i = 0; i < a->n; i++) {
        keys[i] = a->queries[i];
        order[i] = (uint32_t)i;
    }
    sort_keys(keys, order, a->n);
    for (size_t i = 0; i < a->n; i++) {
        a->queries[i] = (uint32_t)keys[i];
        numbers[order[i]] = (uint32_t)i;
    }
    for (size_t i = 0; i < a->rows; i++)
        a->of[i] = numbers[a->of[i]];
    const struct frame *all = gather_frame(a->gather);
    if (all != NULL)
        a->context = frame_select(all, order, a->n, &a->arena);
    free(keys);
    free(order);
    free(numbers);
}

void askings_ready(struct askings *a)
{
    if (a->map == NULL)
        number_queries(a);
    else
        sort_contexts(a);
}

const uint32_t *askings_queries(const struct askings *a, size_t *n)
{
    *n = a->n;
    return a->queries;
}

const uint32_t *askings_of(const struct askings *a)
{
    return a->of;
}

const struct frame *askings_context(const struct askings *a)
{
    return a->map != NULL ? &a->context : NULL;
}
