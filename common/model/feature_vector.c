// vector: given numbers, such as pretrained vectors: from a file, by term, or a column f32[n] as it is.
//
// With a file, the vectors of the terms that the tables have are kept in the table vector/F, so that no later stage needs the file. A
// term without a vector gets zeros, and is counted. A .npy file has no words: its rows are those of the table, or of the terms in
// the file of `ids`, one a line. Frozen, the feature is the numbers; with trained=yes it is an id, 0 for terms without a vector, and
// the vectors are the initial values of its embedding.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/model/feature.h"
#include "common/stream/builder.h"
#include "common/text/line_reader.h"
#include "common/text/vectors.h"

struct given {
    const char *file, *ids;    // NULL: none
    bool trained;
    size_t dim;                // 0: not known yet
    struct map *terms;         // those that occur; once fitted or loaded, those that have a vector
    uint32_t *order;           // (n_order) the terms of the rows, for a file without words
    size_t n_order, order_room;
    float *values;             // (terms, dim)
    size_t values_room;
};

static void *vector_make(const struct feature *feature, const struct config *config)
{
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "file, ids, trained, from", 0);
    struct given *g = memory_zeros(1, sizeof *g);
    g->file = call_text(call, "file");
    g->ids = call_text(call, "ids");
    g->trained = call_flag(call, "trained", false);
    if (g->file == NULL && (g->trained || g->ids != NULL))
        die(EXIT_INPUT, "%s: feature %s: vector(trained=yes) and vector(ids=) want a file=", feature->config->place,
            quoted_text(feature->config->name));
    g->terms = map_new();
    return g;
}

// The column of vectors, and how long they are.
static const float *column_of(const struct feature *feature, const struct frame *rows, size_t *dim)
{
    size_t place = schema_find(rows->schema, feature->config->from);
    if (place == SIZE_MAX)
        (void)frame_column(rows, feature->config->from, "f32[n]");
    struct type type = rows->schema->columns[place].type;
    if (!type_is_vector(type) || (*dim != 0 && *dim != type.dim))
        die(EXIT_INPUT, "%s: column %s is %s, wanted %s: feature %s is vector() without a file", schema_place(rows->schema),
            quoted_text(feature->config->from), type_name(type),
            *dim == 0 ? "f32[n]" : type_name(type_vector(*dim)), quoted_text(feature->config->name));
    *dim = type.dim;
    return rows->cells[place].values;
}

static void vector_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    (void)counts;
    struct given *g = state;
    struct arena arena = {0};
    if (g->file == NULL) {
        (void)column_of(feature, rows, &g->dim);
        return;
    }
    const struct cells *texts = feature_texts(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows; i++) {
        struct text term = cells_text(texts, i);
        g->order = memory_grow(g->order, &g->order_room, g->n_order + 1, sizeof *g->order);
        g->order[g->n_order++] = map_add(g->terms, term.data, term.length);
    }
    arena_free(&arena);
}

static void keep(struct given *g, struct map *found, const char *term, size_t length, const float *values)
{
    uint32_t number;
    if (!map_find(g->terms, term, length, &number) || map_find(found, term, length, &number))
        return;
    size_t at = map_add(found, term, length) * g->dim;
    g->values = memory_grow(g->values, &g->values_room, at + g->dim, sizeof *g->values);
    memcpy(g->values + at, values, g->dim * sizeof *g->values);
}

// Rows without words: by the file of ids, or the rows of the tables.
static void take_numbered(struct given *g, const struct feature *feature, struct vectors *vectors, struct map *found)
{
    struct vector row;
    struct line line = {0};
    size_t rows = vectors_rows(vectors);
    struct line_reader *lines = g->ids != NULL ? line_reader_open(source_open(g->ids, false)) : NULL;
    if (lines == NULL && rows != g->n_order)
        die(EXIT_INPUT, "%s: feature %s: %s has %zu rows, the tables %zu; ids=FILE would name them", feature->config->place,
            quoted_text(feature->config->name), g->file, rows, g->n_order);
    for (size_t i = 0; vectors_next(vectors, &row); i++) {
        if (lines != NULL && !line_reader_next(lines, &line))
            die(EXIT_INPUT, "%s: %zu lines, but %s has %zu rows", g->ids, i, g->file, rows);
        size_t length = line.length;
        const char *term = lines != NULL ? line.data : map_key(g->terms, g->order[i], &length);
        keep(g, found, term, length, row.values);
    }
    if (lines != NULL && line_reader_next(lines, &line))
        die(EXIT_INPUT, "%s: more lines than the %zu rows of %s", g->ids, rows, g->file);
    if (lines != NULL)
        line_reader_close(lines);
}

static void vector_fitted(const struct feature *feature, void *state)
{
    struct given *g = state;
    if (g->file == NULL)
        return;
    struct vectors *vectors = vectors_open(g->file);
    struct map *found = map_new();
    struct vector row;
    g->dim = vectors_dim(vectors);
    if (!vectors_named(vectors))
        take_numbered(g, feature, vectors, found);
    else
        while (vectors_next(vectors, &row))
            keep(g, found, row.word, row.length, row.values);
    vectors_close(vectors);
    size_t missing = map_size(g->terms) - map_size(found);
    if (missing > 0)
        warn("feature %s: %zu of %zu terms have no vector in %s: they get zeros", quoted_text(feature->config->name), missing,
             map_size(g->terms), g->file);
    map_free(g->terms);
    g->terms = found;
}

static struct type vector_type(const void *state)
{
    const struct given *g = state;
    return g->trained ? type_of("u32") : type_vector(g->dim);
}

static struct cells copy_of_column(const struct feature *feature, const struct given *g, const struct frame *rows)
{
    size_t dim = g->dim;
    const float *x = column_of(feature, rows, &dim);
    for (size_t i = 0; i < rows->rows * dim; i++)
        if (!isfinite(x[i]))
            die(EXIT_INPUT, "%s%stable %s: row %zu: column %s: a number that is not finite", rows->place != NULL ? rows->place : "",
                rows->place != NULL ? ": " : "", quoted_text(rows->schema->table), i / dim, quoted_text(feature->config->from));
    return (struct cells){.values = x, .n = rows->rows};
}

static struct cells vector_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct given *g = state;
    if (g->file == NULL)
        return copy_of_column(feature, g, rows);
    const struct cells *texts = feature_texts(feature, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids), number;
    for (size_t i = 0; i < rows->rows; i++) {
        struct text term = cells_text(texts, i);
        ids[i] = map_find(g->terms, term.data, term.length, &number) ? number + 1 : 0;
    }
    if (g->trained)
        return (struct cells){.values = ids, .n = rows->rows};
    float *out = arena_zeros(arena, rows->rows * g->dim, sizeof *out);
    for (size_t i = 0; i < rows->rows; i++)
        if (ids[i] > 0)
            memcpy(out + i * g->dim, g->values + (ids[i] - 1) * g->dim, g->dim * sizeof *out);
    return (struct cells){.values = out, .n = rows->rows};
}

static size_t vector_ids(const void *state)
{
    const struct given *g = state;
    return g->trained ? map_size(g->terms) + 1 : 0;
}

static size_t vector_start_width(const void *state)
{
    const struct given *g = state;
    return g->trained ? g->dim : 0;
}

static void vector_start(const void *state, float *values)
{
    const struct given *g = state;
    memset(values, 0, g->dim * sizeof *values);
    if (map_size(g->terms) > 0)
        memcpy(values + g->dim, g->values, map_size(g->terms) * g->dim * sizeof *values);
}

static void vector_save(const void *state, const char *table, struct writer *out)
{
    const struct given *g = state;
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, "token", type_of("str"));
    schema_add(schema, &arena, "vector", type_vector(g->dim));
    struct builder *builder = builder_new(schema);
    for (uint32_t i = 0; i < map_size(g->terms); i++) {
        size_t length;
        const char *term = map_key(g->terms, i, &length);
        builder_text(builder, 0, term, length);
        builder_value(builder, 1, g->values + i * g->dim);
        builder_row(builder);
        if (builder_full(builder))
            builder_flush(builder, out);
    }
    builder_flush(builder, out);
    builder_free(builder);
    arena_free(&arena);
}

static void vector_load(const struct feature *feature, void *state, const struct frame *frame)
{
    struct given *g = state;
    const struct cells *tokens = frame_column(frame, "token", "str");
    size_t place = schema_find(frame->schema, "vector");
    struct type type = place != SIZE_MAX ? frame->schema->columns[place].type : type_of("u8");
    if (!type_is_vector(type))
        die(EXIT_INPUT, "%s: table %s: wanted a column \"vector\" of f32[n]", frame->place, quoted_text(feature->table));
    g->dim = type.dim;
    const float *values = frame->cells[place].values;
    for (size_t i = 0; i < frame->rows; i++) {
        struct text term = cells_text(tokens, i);
        size_t before = map_size(g->terms);
        if (map_add(g->terms, term.data, term.length) != before)
            die(EXIT_INPUT, "%s: table %s: term %s is there twice", frame->place, quoted_text(feature->table),
                quoted(term.data, term.length));
        g->values = memory_grow(g->values, &g->values_room, (before + 1) * g->dim, sizeof *g->values);
        memcpy(g->values + before * g->dim, values + i * g->dim, g->dim * sizeof *values);
        for (size_t j = 0; j < g->dim; j++)
            if (!isfinite(values[i * g->dim + j]))
                die(EXIT_INPUT, "%s: table %s: row %zu: a number that is not finite", frame->place, quoted_text(feature->table), before);
    }
}

static void vector_free(void *state)
{
    struct given *g = state;
    map_free(g->terms);
    free(g->order);
    free(g->values);
    free(g);
}

const struct feature_kind feature_vector = {
    .name = "vector",
    .arguments = "file=, ids=, trained=no, from=",
    .help = "given vectors, of a .npy or word2vec file by term, or a column of f32[n]; with trained=yes where an embedding begins",
    .table = "vector",
    .type = vector_type,
    .make = vector_make,
    .fit = vector_fit,
    .fitted = vector_fitted,
    .encode = vector_encode,
    .ids = vector_ids,
    .start_width = vector_start_width,
    .start = vector_start,
    .save = vector_save,
    .load = vector_load,
    .free = vector_free,
};
