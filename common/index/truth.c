// Sorted by asking (counting), then by candidate, because a search passes over the candidates in their order; `places` leads from a
// row to where it went. A score so comes from the very products that the lists are made of.
#include "common/index/truth.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/index/askings.h"
#include "common/index/choice.h"

struct truth {
    struct choice *choice;
    const struct choice_table *chosen;
    const char *const *context;  // (n_context) columns
    size_t n_context;
    struct askings *askings;
    size_t *begins;              // (askings + 1) where each one's rows begin in the sorted order
    uint32_t *candidates;        // (rows) sorted
    float *scores;               // (rows) sorted
    uint32_t *places;            // (rows) of the table's rows in the sorted order
};

struct truth *truth_new(const struct config *config, const char *table, size_t memory_bytes)
{
    struct truth *truth = memory_zeros(1, sizeof *truth);
    truth->choice = choice_new(config, table, memory_bytes);
    return truth;
}

bool truth_takes(struct truth *truth, const struct frame *frame)
{
    return choice_takes(truth->choice, frame);
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

static void number_askings(struct truth *truth, const char *source, size_t n_queries, size_t n_candidates)
{
    size_t row = 0;
    struct frame frame;
    truth->askings = askings_new(n_queries, truth->context, truth->n_context);
    spool_rewind(truth->chosen->rows);
    while (spool_next(truth->chosen->rows, &frame)) {
        for (int i = 0; i < 2; i++) {
            const char *added = i == 0 ? "ranking" : "score";
            if (schema_find(frame.schema, added) != SIZE_MAX)
                die(EXIT_INPUT, "%s: table %s has a column %s already", source, quoted_text(truth->chosen->name), quoted_text(added));
        }
        checked_column(&frame, "query", n_queries, row, source);
        checked_column(&frame, "candidate", n_candidates, row, source);
        askings_add(truth->askings, &frame);
        row += frame.rows;
    }
    if (row > UINT32_MAX)
        die(EXIT_INPUT, "%s: table %s has %zu rows, more than 2^32", source, quoted_text(truth->chosen->name), row);
    askings_ready(truth->askings);
}

// Where each asking's rows begin, and the end.
static size_t *count_rows(const struct truth *truth)
{
    size_t n, *begins, rows = spool_rows(truth->chosen->rows);
    askings_queries(truth->askings, &n);
    begins = memory_zeros(n + 1, sizeof *begins);
    for (size_t i = 0; i < rows; i++)
        begins[askings_of(truth->askings)[i] + 1]++;
    for (size_t i = 0; i < n; i++)
        begins[i + 1] += begins[i];
    return begins;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// The rows as keys, candidate above row number, grouped by asking and sorted in each group.
static uint64_t *sorted_keys(struct truth *truth)
{
    size_t n;
    askings_queries(truth->askings, &n);
    const uint32_t *of = askings_of(truth->askings);
    uint64_t *keys = memory_zeros(spool_rows(truth->chosen->rows), sizeof *keys);
    size_t *next = memory_zeros(n, sizeof *next);
    memcpy(next, truth->begins, n * sizeof *next);
    struct frame frame;
    uint64_t row = 0;
    spool_rewind(truth->chosen->rows);
    while (spool_next(truth->chosen->rows, &frame)) {
        const uint32_t *candidates = frame_column(&frame, "candidate", "u32")->values;
        for (size_t i = 0; i < frame.rows; i++, row++)
            keys[next[of[row]]++] = (uint64_t)candidates[i] << 32 | row;
    }
    for (size_t i = 0; i < n; i++)
        qsort(keys + truth->begins[i], truth->begins[i + 1] - truth->begins[i], sizeof *keys, by_key);
    free(next);
    return keys;
}

void truth_set_context(struct truth *truth, const char *const *columns, size_t n)
{
    truth->context = columns;
    truth->n_context = n;
}

void truth_ready(struct truth *truth, const char *source, size_t n_queries, size_t n_candidates)
{
    truth->chosen = choice_made(truth->choice);
    if (!truth->chosen->came)
        die(EXIT_INPUT, "%s: no table %s to rank for", source, quoted_text(truth->chosen->name));
    size_t rows = spool_rows(truth->chosen->rows);
    number_askings(truth, source, n_queries, n_candidates);
    truth->begins = count_rows(truth);
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
    return truth->chosen->name;
}

const uint32_t *truth_queries(const struct truth *truth, size_t *n)
{
    return askings_queries(truth->askings, n);
}

const struct frame *truth_context(const struct truth *truth)
{
    return askings_context(truth->askings);
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
    spool_rewind(truth->chosen->rows);
    while (spool_next(truth->chosen->rows, &frame)) {
        if (schema == NULL) {
            schema = schema_copy(&lasting, frame.schema);
            schema_add(schema, &lasting, "ranking", type_of("u32"));
            schema_add(schema, &lasting, "score", type_of("f32"));
        }
        arena_reset(&arena);
        uint32_t *rankings = arena_array(&arena, frame.rows, sizeof *rankings);
        float *scores = arena_array(&arena, frame.rows, sizeof *scores);
        for (size_t i = 0; i < frame.rows; i++, row++) {
            rankings[i] = askings_of(truth->askings)[row];
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
    const struct choice *choice = truth->choice;
    for (size_t i = choice->n; i-- > 0;) {
        struct frame frame;
        spool_rewind(choice->tables[i].rows);
        while (&choice->tables[i] != truth->chosen && spool_next(choice->tables[i].rows, &frame))
            writer_put(out, &frame);
    }
    write_chosen(truth, out);
}
