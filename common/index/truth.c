// Sorted by query (counting), then by candidate, because a search passes over the candidates in their order; `places` leads from a
// row to where it went. A score so comes from the very products that the lists are made of.
#include "common/index/truth.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/stream/spool.h"

struct part {
    const char *table;
    struct spool *spool;
    bool came;
};

struct truth {
    struct part *parts;          // (n_parts)
    size_t n_parts;
    const struct part *chosen;
    uint32_t *queries;           // (n_queries) distinct ones
    size_t n_queries;
    uint32_t *numbers;           // (all queries) their place in `queries`
    size_t *begins;              // (n_queries + 1) where each one's rows begin in the sorted order
    uint32_t *candidates;        // (rows) sorted
    float *scores;               // (rows) sorted
    uint32_t *places;            // (rows) of the table's rows in the sorted order
};

struct truth *truth_new(const char *const *tables, size_t n, size_t memory_bytes)
{
    struct truth *truth = memory_zeros(1, sizeof *truth);
    truth->parts = memory_zeros(n, sizeof *truth->parts);
    truth->n_parts = n;
    for (size_t i = 0; i < n; i++)
        truth->parts[i] = (struct part){.table = tables[i], .spool = spool_new(memory_bytes / n)};
    return truth;
}

bool truth_takes(struct truth *truth, const struct frame *frame)
{
    for (size_t i = 0; i < truth->n_parts; i++) {
        if (!is_table(frame, truth->parts[i].table))
            continue;
        spool_put(truth->parts[i].spool, frame);
        truth->parts[i].came = true;
        return true;
    }
    return false;
}

static void choose(struct truth *truth, const char *source)
{
    for (size_t i = 0; i < truth->n_parts; i++)
        if (truth->chosen == NULL && spool_rows(truth->parts[i].spool) > 0)
            truth->chosen = &truth->parts[i];
    const struct part *last = &truth->parts[truth->n_parts - 1];
    if (truth->chosen == NULL && !last->came)
        die(EXIT_INPUT, "%s: no table %s to rank for", source, quoted_text(last->table));
    if (truth->chosen == NULL)
        truth->chosen = last;
}

static const uint32_t *checked_column(const struct frame *frame, const char *name, size_t n, size_t row, const char *source)
{
    const uint32_t *values = frame_column(frame, name, "u32")->values;
    for (size_t i = 0; i < frame->rows; i++)
        if (values[i] >= n)
            die(EXIT_INPUT, "%s: table %s: row %zu: %s %u, but there are %zu", source, quoted_text(frame->schema->table), row + i, name,
                values[i], n);
    return values;
}

// Counts the rows of every query; (n_queries) of the whole table of queries.
static size_t *count_rows(struct truth *truth, const char *source, size_t n_queries, size_t n_candidates)
{
    size_t *counts = memory_zeros(n_queries, sizeof *counts), row = 0;
    struct frame frame;
    spool_rewind(truth->chosen->spool);
    while (spool_next(truth->chosen->spool, &frame)) {
        for (int i = 0; i < 2; i++) {
            const char *added = i == 0 ? "ranking" : "score";
            if (schema_find(frame.schema, added) != SIZE_MAX)
                die(EXIT_INPUT, "%s: table %s has a column %s already", source, quoted_text(truth->chosen->table), quoted_text(added));
        }
        const uint32_t *queries = checked_column(&frame, "query", n_queries, row, source);
        checked_column(&frame, "candidate", n_candidates, row, source);
        for (size_t i = 0; i < frame.rows; i++)
            counts[queries[i]]++;
        row += frame.rows;
    }
    if (row > UINT32_MAX)
        die(EXIT_INPUT, "%s: table %s has %zu rows, more than 2^32", source, quoted_text(truth->chosen->table), row);
    return counts;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// The rows as keys, candidate above row number, grouped by query and sorted in each group.
static uint64_t *sorted_keys(struct truth *truth)
{
    uint64_t *keys = memory_zeros(spool_rows(truth->chosen->spool), sizeof *keys);
    size_t *next = memory_zeros(truth->n_queries, sizeof *next);
    memcpy(next, truth->begins, truth->n_queries * sizeof *next);
    struct frame frame;
    uint64_t row = 0;
    spool_rewind(truth->chosen->spool);
    while (spool_next(truth->chosen->spool, &frame)) {
        const uint32_t *queries = frame_column(&frame, "query", "u32")->values, *candidates = frame_column(&frame, "candidate", "u32")->values;
        for (size_t i = 0; i < frame.rows; i++, row++)
            keys[next[truth->numbers[queries[i]]]++] = (uint64_t)candidates[i] << 32 | row;
    }
    for (size_t i = 0; i < truth->n_queries; i++)
        qsort(keys + truth->begins[i], truth->begins[i + 1] - truth->begins[i], sizeof *keys, by_key);
    free(next);
    return keys;
}

void truth_ready(struct truth *truth, const char *source, size_t n_queries, size_t n_candidates)
{
    choose(truth, source);
    size_t *counts = count_rows(truth, source, n_queries, n_candidates), rows = spool_rows(truth->chosen->spool);
    truth->numbers = memory_zeros(n_queries, sizeof *truth->numbers);
    truth->queries = memory_zeros(n_queries, sizeof *truth->queries);
    truth->begins = memory_zeros(n_queries + 1, sizeof *truth->begins);
    for (size_t i = 0; i < n_queries; i++) {
        if (counts[i] == 0)
            continue;
        truth->begins[truth->n_queries + 1] = truth->begins[truth->n_queries] + counts[i];
        truth->numbers[i] = (uint32_t)truth->n_queries;
        truth->queries[truth->n_queries++] = (uint32_t)i;
    }
    free(counts);
    uint64_t *keys = sorted_keys(truth);
    truth->candidates = memory_zeros(rows, sizeof *truth->candidates);
    truth->places = memory_zeros(rows, sizeof *truth->places);
    truth->scores = memory_zeros(rows, sizeof *truth->scores);
    for (size_t i = 0; i < rows; i++) {
        truth->candidates[i] = (uint32_t)(keys[i] >> 32);
        truth->places[(uint32_t)keys[i]] = (uint32_t)i;
    }
    free(keys);
}

const char *truth_table(const struct truth *truth)
{
    return truth->chosen->table;
}

const uint32_t *truth_queries(const struct truth *truth, size_t *n)
{
    *n = truth->n_queries;
    return truth->queries;
}

void truth_ask(struct truth *truth, size_t i, struct topk_query *query)
{
    query->asked = truth->candidates + truth->begins[i];
    query->asked_scores = truth->scores + truth->begins[i];
    query->n_asked = truth->begins[i + 1] - truth->begins[i];
}

static void write_chosen(struct truth *truth, struct writer *out)
{
    struct arena lasting = {0}, arena = {0};
    struct schema *schema = NULL;
    struct frame frame;
    size_t row = 0;
    spool_rewind(truth->chosen->spool);
    while (spool_next(truth->chosen->spool, &frame)) {
        if (schema == NULL) {
            schema = schema_copy(&lasting, frame.schema);
            schema_add(schema, &lasting, "ranking", type_of("u32"));
            schema_add(schema, &lasting, "score", type_of("f32"));
        }
        arena_reset(&arena);
        uint32_t *rankings = arena_array(&arena, frame.rows, sizeof *rankings);
        float *scores = arena_array(&arena, frame.rows, sizeof *scores);
        const uint32_t *queries = frame_column(&frame, "query", "u32")->values;
        for (size_t i = 0; i < frame.rows; i++, row++) {
            rankings[i] = truth->numbers[queries[i]];
            scores[i] = truth->scores[truth->places[row]];
        }
        struct cells *cells = arena_array(&arena, schema->n, sizeof *cells);
        memcpy(cells, frame.cells, frame.schema->n * sizeof *cells);
        cells[schema->n - 2] = (struct cells){.values = rankings, .n = frame.rows};
        cells[schema->n - 1] = (struct cells){.values = scores, .n = frame.rows};
        writer_put(out, &(struct frame){.schema = schema, .rows = frame.rows, .cells = cells});
    }
    arena_free(&arena);
    arena_free(&lasting);
}

void truth_write(struct truth *truth, struct writer *out)
{
    for (size_t i = truth->n_parts; i-- > 0;) {
        if (&truth->parts[i] == truth->chosen)
            continue;
        struct frame frame;
        spool_rewind(truth->parts[i].spool);
        while (spool_next(truth->parts[i].spool, &frame))
            writer_put(out, &frame);
    }
    write_chosen(truth, out);
}

void truth_free(struct truth *truth)
{
    if (truth == NULL)
        return;
    for (size_t i = 0; i < truth->n_parts; i++)
        spool_free(truth->parts[i].spool);
    free(truth->parts);
    free(truth->queries);
    free(truth->numbers);
    free(truth->begins);
    free(truth->candidates);
    free(truth->scores);
    free(truth->places);
    free(truth);
}
