// The rows of both tables are gathered, and `take` says for each row of the result which one it is: the old one, or its place behind all the old
// ones. The index is built anew with the vectors in that order; an ivf index keeps its centres, unless its rows have doubled, and measures its recall
// again, by the vectors of queries that one of the streams still has. Where nothing is added its tables go on as they are.
#include "common/index/change.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/config/config.h"
#include "common/index/allowed.h"
#include "common/index/blocks.h"
#include "common/index/sample.h"
#include "common/math/bits.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"

enum { PIECE_ROWS_MAX = 4096 };

struct side {
    struct held *rows;       // without vectors
    float *vectors;          // (n, dim) of a stream that has them; NULL: those of the index
    size_t dim, n, capacity;
    struct index *index;
};

static void take_rows(struct side *side, const struct frame *frame, struct arena *arena)
{
    size_t column = schema_find(frame->schema, "vector");
    if (column == SIZE_MAX) {
        held_add(side->rows, frame, false);
        return;
    }
    struct type type = frame->schema->columns[column].type;
    if (!type_is_vector(type))
        die(EXIT_INPUT, "%s: table %s: column \"vector\" is %s, wanted f32[n]", frame->place, quoted_text(frame->schema->table), type_name(type));
    struct frame without = frame_without(frame, column, arena);
    held_add(side->rows, &without, false);
    side->dim = type.dim;
    side->vectors = memory_grow(side->vectors, &side->capacity, (side->n + frame->rows) * side->dim + 1, sizeof *side->vectors);
    memcpy(side->vectors + side->n * side->dim, frame->cells[column].values, frame->rows * side->dim * sizeof *side->vectors);
    side->n += frame->rows;
}

// Reads a stream; what is neither the table nor of the index goes on, if there is somewhere to go.
//   sample  of the vectors of queries
static struct side read_side(const struct change *change, struct reader *in, struct sample *sample, struct writer *out)
{
    const char *table = change->table;
    struct side side = {.rows = held_new(), .index = index_load(NULL)};
    struct arena arena = {0};
    struct frame frame;
    bool indexed = false;
    while (reader_next(in, &frame)) {
        if (change->queries != NULL && is_table(&frame, change->queries))
            sample_take(sample, &frame);
        if (is_table(&frame, table))
            take_rows(&side, &frame, &arena);
        else if (is_index_table(frame.schema->table))
            indexed |= index_takes(side.index, &frame, false);
        else if (out != NULL)
            writer_put(out, &frame);
        arena_reset(&arena);
    }
    if (held_schema(side.rows) == NULL)
        die(EXIT_INPUT, "%s: no table %s", reader_name(in), quoted_text(table));
    if (side.vectors == NULL && !indexed)
        die(EXIT_INPUT, "%s: table %s has no column \"vector\", and there is no index of it", reader_name(in), quoted_text(table));
    if (held_rows(side.index->header) > 1)
        die(EXIT_INPUT, "%s: %zu indexes, but --add and --delete are for a stream with one", reader_name(in), held_rows(side.index->header));
    if (side.vectors == NULL) {
        index_ready(side.index, reader_name(in));
        if (strcmp(side.index->table, table) != 0)
            die(EXIT_INPUT, "%s: index %s is of table %s, wanted %s", reader_name(in), quoted_text(side.index->name), quoted_text(side.index->table),
                quoted_text(table));
        index_check(side.index, reader_name(in));
        side.dim = side.index->dim;
        side.n = side.index->rows;
    }
    if (side.n != held_rows(side.rows))
        die(EXIT_INPUT, "%s: %zu vectors of the %zu rows of table %s", reader_name(in), side.n, held_rows(side.rows), quoted_text(table));
    arena_free(&arena);
    return side;
}

struct keys {
    struct map *map;
    uint32_t *rows;          // of each key
    size_t capacity;
};

// The row of a key that is known; false for another, which gets this one.
static bool find_key(struct keys *keys, struct text text, uint32_t *row)
{
    uint32_t number;
    if (map_find(keys->map, text.data, text.length, &number)) {
        *row = keys->rows[number];
        return true;
    }
    number = map_add(keys->map, text.data, text.length);
    keys->rows = memory_grow(keys->rows, &keys->capacity, (size_t)number + 1, sizeof *keys->rows);
    keys->rows[number] = *row;
    return false;
}

static void add_old_keys(struct keys *keys, const struct held *rows, const char *key)
{
    size_t n;
    uint32_t row = 0;
    struct arena arena = {0};
    const struct frame *frames = held_frames(rows, &n);
    for (size_t f = 0; f < n; f++) {
        const struct cells *texts = frame_texts(&frames[f], key, &arena);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            uint32_t found = row;
            find_key(keys, cells_text(texts, i), &found);
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
}

struct result {
    uint32_t *take;          // (n) row of the old table, or behind those of the new one
    size_t n, capacity;
    uint64_t *live;
};

// Puts the rows of `add` in their places.
static void place_new(struct change *change, struct keys *keys, const struct side *old, const struct side *more, struct result *result)
{
    size_t n;
    uint32_t row = 0;
    struct arena arena = {0};
    const struct frame *frames = held_frames(more->rows, &n);
    for (size_t f = 0; f < n; f++) {
        const struct cells *texts = frame_texts(&frames[f], change->key, &arena);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            struct text text = cells_text(texts, i);
            uint32_t at = (uint32_t)result->n;
            bool known = find_key(keys, text, &at), twin = known && result->take[at] >= old->n;
            if (twin && change->twins == CHANGE_ERROR)
                die(EXIT_INPUT, "%s: key %s stands there twice: see --duplicates", change->add, quoted(text.data, text.length));
            if (twin && change->twins == CHANGE_FIRST)
                continue;
            if (twin)
                at = (uint32_t)result->n;
            if (at == result->n) {
                result->take = memory_grow(result->take, &result->capacity, ++result->n, sizeof *result->take);
                change->added++;
            } else {
                change->replaced++;
            }
            result->take[at] = (uint32_t)(old->n + row);
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
}

static void write_rows(const struct side *old, const struct side *more, const struct result *result, struct writer *out)
{
    enum { PIECE_ROWS = 1 << 16 };
    struct gather *all = gather_new();
    const struct side *sides[] = {old, more};
    for (size_t s = 0; s < 2 && sides[s] != NULL; s++) {
        size_t n;
        const struct frame *frames = held_frames(sides[s]->rows, &n);
        for (size_t f = 0; f < n; f++)
            gather_add(all, &frames[f]);
    }
    struct arena arena = {0};
    writer_put(out, &(struct frame){.schema = held_schema(old->rows)});
    for (size_t from = 0; from < result->n; from += PIECE_ROWS) {
        size_t rows = result->n - from < PIECE_ROWS ? result->n - from : PIECE_ROWS;
        struct frame piece = frame_select(gather_frame(all), result->take + from, rows, &arena);
        writer_put(out, &piece);
        arena_reset(&arena);
    }
    arena_free(&arena);
    gather_free(all);
}

static void copy_vector(const struct side *side, size_t row, float *out)
{
    if (side->vectors != NULL)
        memcpy(out, side->vectors + row * side->dim, side->dim * sizeof *out);
    else
        index_vector(side->index, row, out);
}

static void build(struct change *change, const struct side *old, const struct side *more, const struct sample *sample,
                  const struct result *result, struct writer *out)
{
    const struct index *from = old->index;
    struct index *index = index_new(from->name, from->kind, from->table, from->dim);
    index_set_metric(index, from->metric);
    index->seed = change->seed;
    index->memory_bytes = change->memory_bytes;
    index->pool = change->pool;
    index->recall = from->recall;
    index->weight = from->weight;
    index->like = result->n / 2 <= from->rows ? from : NULL;
    size_t piece = blocks_rows(PIECE_ROWS_MAX, from->dim * sizeof(float)), n;
    float *vectors = memory_aligned(piece * from->dim, sizeof *vectors);
    for (size_t at = 0; at < result->n || at == 0; at += piece) {
        for (n = 0; n < piece && at + n < result->n; n++) {
            uint32_t take = result->take[at + n];
            copy_vector(take < old->n ? old : more, take < old->n ? take : take - old->n, vectors + n * from->dim);
        }
        index_put(index, vectors, n, NULL, out);
    }
    free(vectors);
    index->live = result->live;
    sample_use(sample, index);
    change->measured_by = index->n_queries;
    index_end(index, out);
}

// The tables of the index as they are, but for the rows taken out.
static void forward(struct index *index, const struct result *result, struct writer *out)
{
    for (size_t i = 0; i < index->n_tables; i++) {
        size_t n;
        const struct frame *frames = held_frames(index->tables[i], &n);
        const char *table = held_schema(index->tables[i])->table;
        if (strlen(table) > strlen("/gone") && strcmp(table + strlen(table) - strlen("/gone"), "/gone") == 0)
            continue;
        writer_put(out, &(struct frame){.schema = held_schema(index->tables[i])});
        for (size_t f = 0; f < n; f++)
            writer_put(out, &frames[f]);
    }
    index->live = result->live;
    index_put_row(index, out);
}

void index_change(struct change *change, struct reader *in, struct writer *out)
{
    struct sample samples[2] = {{.seed = change->seed}, {.seed = change->seed}};  // of the old stream, and of the other
    struct side old = read_side(change, in, &samples[0], out), more = {0};
    struct keys keys = {.map = map_new()};
    struct result result = {.n = old.n};
    struct arena arena = {0};
    if (old.vectors != NULL)
        die(EXIT_INPUT, "%s: table %s has vectors, but no index to change: leave out --add and --delete",
            reader_name(in), quoted_text(change->table));
    result.take = memory_grow(NULL, &result.capacity, old.n + 1, sizeof *result.take);
    for (size_t i = 0; i < old.n; i++)
        result.take[i] = (uint32_t)i;
    add_old_keys(&keys, old.rows, change->key);
    if (change->add != NULL) {
        struct reader *file = reader_open(change->add);
        more = read_side(change, file, &samples[1], NULL);
        if (!schema_equal(held_schema(old.rows), held_schema(more.rows)))
            die(EXIT_INPUT, "%s: table %s has other columns than in %s", change->add, quoted_text(change->table), reader_name(in));
        if (more.dim != old.dim)
            die(EXIT_INPUT, "%s: vectors of %zu numbers, wanted %zu", change->add, more.dim, old.dim);
        reader_close(file);
        place_new(change, &keys, &old, &more, &result);
    }
    result.live = allowed_all(result.n, &arena);
    for (size_t i = 0; i < old.n && old.index->live != NULL; i++)
        if ((old.index->live[i / 64] >> i % 64 & 1) == 0 && result.take[i] == i)
            result.live[i / 64] &= ~((uint64_t)1 << i % 64);
    if (change->take_out != NULL) {
        size_t before = bits_count(result.live, result.n);
        allowed_keys(result.live, old.rows, change->key, change->take_out, false);
        change->taken_out = before - bits_count(result.live, result.n);
    }
    if (bits_count(result.live, result.n) == result.n)
        result.live = NULL;
    write_rows(&old, change->add != NULL ? &more : NULL, &result, out);
    if (change->add != NULL)
        build(change, &old, &more, &samples[samples[0].n == 0], &result, out);
    else
        forward(old.index, &result, out);
    change->rows = result.n;
    free(result.take);
    free(keys.rows);
    map_free(keys.map);
    held_free(old.rows);
    held_free(more.rows);
}
