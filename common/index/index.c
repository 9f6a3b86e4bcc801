#include "common/index/index.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/index/metric.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"

const struct index_kind *const index_kinds[] = {&index_auto, &index_flat, &index_ivf, NULL};

const struct index_kind *index_kind(const char *name)
{
    for (size_t i = 0; index_kinds[i] != NULL; i++)
        if (strcmp(index_kinds[i]->name, name) == 0)
            return index_kinds[i];
    return NULL;
}

void index_kinds_print(void)
{
    printf("\nkinds of index:\n");
    for (size_t i = 0; index_kinds[i] != NULL; i++)
        printf("  %-12s%s\n", index_kinds[i]->name, index_kinds[i]->meaning);
}

struct index *index_new(const char *name, const struct index_kind *kind, const char *table, size_t dim)
{
    struct index *index = memory_zeros(1, sizeof *index);
    index->name = arena_text(&index->arena, name, strlen(name));
    index->table = arena_text(&index->arena, table, strlen(table));
    index->kind = kind;
    index->dim = index->width = dim;
    return index;
}

void index_set_metric(struct index *index, enum index_metric metric)
{
    index->metric = metric;
    index->width = metric_width(metric, index->dim);
}

// The first number of the vectors that is not finite: its place, or SIZE_MAX.
static size_t find_bad(const float *vectors, size_t rows, size_t dim)
{
    // A difference of a number from itself is 0, of infinity or NaN it is NaN: one pass without branches.
    for (size_t r = 0; r < rows; r++) {
        const float *vector = vectors + r * dim;
        float sum = 0;
        for (size_t i = 0; i < dim; i++)
            sum += vector[i] - vector[i];
        for (size_t i = 0; i < dim && !(sum == 0); i++)
            if (!isfinite(vector[i]))
                return r * dim + i;
    }
    return SIZE_MAX;
}

static _Noreturn void refuse(const char *source, const char *table, size_t row, size_t i, float number)
{
    die(EXIT_INPUT, "%s%stable %s: column \"vector\": row %zu: number %zu is %g, wanted a finite one", source != NULL ? source : "",
        source != NULL ? ": " : "", quoted_text(table), row, i, (double)number);
}

void index_put(struct index *index, const float *vectors, size_t rows, const char *place, struct writer *out)
{
    size_t bad = find_bad(vectors, rows, index->dim);
    if (bad != SIZE_MAX)
        refuse(place, index->table, index->rows + bad / index->dim, bad % index->dim, vectors[bad]);
    if (index->width > DIM_MAX)
        die(EXIT_INPUT, "%s%stable %s: column \"vector\": vectors of %zu numbers, but %zu is the most by the metric %s", place != NULL ? place : "",
            place != NULL ? ": " : "", quoted_text(index->table), index->dim, DIM_MAX - (index->width - index->dim), metric_name(index->metric));
    if (index->weight == 0)
        index->weight = metric_weight(vectors, rows, index->dim);
    float *changed = index->metric != INDEX_INNER ? memory_aligned(rows * index->width + 1, sizeof *changed) : NULL;
    if (changed != NULL) {
        metric_rows(index, vectors, rows, changed);
        bad = find_bad(changed, rows, index->width);
        if (bad != SIZE_MAX)
            die(EXIT_INPUT, "%s%stable %s: column \"vector\": row %zu: numbers too large for the metric %s", place != NULL ? place : "",
                place != NULL ? ": " : "", quoted_text(index->table),
                index->rows + bad / index->width, metric_name(index->metric));
    }
    index->kind->put(index, changed != NULL ? changed : vectors, rows, out);
    index->rows += rows;
    free(changed);
}

// One row that says how distances became products.
static void put_weight(struct index *index, struct writer *out)
{
    struct schema *schema = schema_new(&index->arena, arena_printf(&index->arena, "index/%s/metric", index->name));
    schema_add(schema, &index->arena, "weight", type_of("f32"));
    struct cells cells = {.values = &index->weight, .n = 1};
    writer_put(out, &(struct frame){.schema = schema, .rows = 1, .cells = &cells});
}

void index_end(struct index *index, struct writer *out)
{
    float *changed = index->metric != INDEX_INNER && index->n_queries > 0 ? memory_aligned(index->n_queries * index->width, sizeof *changed) : NULL;
    if (changed != NULL) {
        metric_queries(index, index->queries, index->n_queries, changed);
        index->queries = changed;
    }
    if (index->kind->end != NULL)
        index->kind->end(index, out);
    free(changed);
    if (index->metric == INDEX_L2)
        put_weight(index, out);
    index_put_row(index, out);
}

// The rows that are taken out, rising.
static void put_gone(struct index *index, struct writer *out)
{
    struct schema *schema = schema_new(&index->arena, arena_printf(&index->arena, "index/%s/gone", index->name));
    schema_add(schema, &index->arena, "row", type_of("u32"));
    struct builder *builder = builder_new(schema);
    for (size_t row = 0; row < index->rows; row++) {
        if ((index->live[row / 64] >> row % 64 & 1) != 0)
            continue;
        builder_value(builder, 0, &(uint32_t){(uint32_t)row});
        builder_row(builder);
        if (builder_full(builder))
            builder_flush(builder, out);
    }
    builder_flush(builder, out);
    builder_free(builder);
}

void index_put_row(struct index *index, struct writer *out)
{
    if (index->live != NULL)
        put_gone(index, out);
    struct schema *schema = schema_new(&index->arena, "index");
    const char *const columns[][2] = {{"name", "str"}, {"kind", "str"}, {"table", "str"}, {"metric", "str"}, {"dim", "u32"}, {"rows", "u64"}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        schema_add(schema, &index->arena, columns[i][0], type_of(columns[i][1]));
    struct builder *builder = builder_new(schema);
    const char *const texts[] = {index->name, index->kind->name, index->table, metric_name(index->metric)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        builder_text(builder, i, texts[i], strlen(texts[i]));
    builder_value(builder, 4, &(uint32_t){(uint32_t)index->dim});
    builder_value(builder, 5, &(uint64_t){index->rows});
    builder_row(builder);
    builder_flush(builder, out);
    builder_free(builder);
}

struct index *index_load(const char *name)
{
    struct index *index = memory_zeros(1, sizeof *index);
    index->wanted = name;
    index->header = held_new();
    return index;
}

// Which table of the index it is: "" is index/NAME, "codes" index/NAME/codes; NULL if it is of another.
static const char *part_in(const char *name, const char *table)
{
    const char *rest = after_prefix(table, "index/");
    rest = rest != NULL ? after_prefix(rest, name) : NULL;
    return rest == NULL || rest[0] == '\0' ? rest : after_prefix(rest, "/");
}

bool index_owns(const char *name, const char *table)
{
    return part_in(name, table) != NULL;
}

bool index_takes(struct index *index, const struct frame *frame, bool lasts)
{
    const char *table = frame->schema->table;
    if (strcmp(table, "index") == 0) {
        held_add(index->header, frame, lasts);
        return true;
    }
    if (!is_index_table(table))
        return false;
    if (index->wanted != NULL && !index_owns(index->wanted, table))
        return true;
    size_t i = 0;
    while (i < index->n_tables && strcmp(held_schema(index->tables[i])->table, table) != 0)
        i++;
    if (i == index->n_tables) {
        index->tables = memory_grow(index->tables, &index->tables_capacity, i + 1, sizeof *index->tables);
        index->tables[index->n_tables++] = held_new();
    }
    held_add(index->tables[i], frame, lasts);
    return true;
}

// The one row of the table `index` that is wanted.
static const struct frame *find_row(struct index *index, const char *source, size_t *row)
{
    size_t n, found = 0;
    const struct frame *frames = held_frames(index->header, &n), *frame = NULL;
    for (size_t f = 0; f < n; f++) {
        const struct cells *names = frame_column(&frames[f], "name", "str");
        for (size_t i = 0; i < frames[f].rows; i++) {
            struct text name = cells_text(names, i);
            if (index->wanted != NULL && (strlen(index->wanted) != name.length || memcmp(index->wanted, name.data, name.length) != 0))
                continue;
            frame = &frames[f];
            *row = i;
            found++;
        }
    }
    if (found == 0 && index->wanted != NULL)
        die(EXIT_INPUT, "%s: no index of the name %s among its %zu", source, quoted_text(index->wanted), held_rows(index->header));
    if (found == 0)
        die(EXIT_INPUT, "%s: no table \"index\": pipe the vectors through 'index' first", source);
    if (found > 1)
        die(EXIT_INPUT, "%s: %zu indexes%s: choose one with --name", source, found, index->wanted != NULL ? " of that name" : "");
    return frame;
}

static const char *text_of(struct index *index, const struct frame *frame, const char *column, size_t row)
{
    struct text text = cells_text(frame_column(frame, column, "str"), row);
    return arena_text(&index->arena, text.data, text.length);
}

static float weight_of(const struct index *index, const char *source)
{
    const struct held *table = index_table(index, "metric");
    size_t n = 0;
    const struct frame *frames = table != NULL ? held_frames(table, &n) : NULL;
    const float *weight = n == 1 ? frame_column(frames, "weight", "f32")->values : NULL;
    if (n != 1 || frames->rows != 1 || !(*weight > 0 && isfinite(*weight)))
        die(EXIT_INPUT, "%s: index %s: wanted one weight of distances above 0", source, quoted_text(index->name));
    return *weight;
}

static void open_live(struct index *index, const char *source)
{
    const struct held *table = index_table(index, "gone");
    size_t n = 0, last = 0;
    const struct frame *frames = table != NULL ? held_frames(table, &n) : NULL;
    if (n == 0)
        return;
    uint64_t *live = arena_array(&index->arena, index->rows / 64 + 1, sizeof *live);
    memset(live, 0xff, (index->rows / 64 + 1) * sizeof *live);
    for (size_t f = 0; f < n; f++) {
        const uint32_t *rows = frame_column(&frames[f], "row", "u32")->values;
        for (size_t i = 0; i < frames[f].rows; last = rows[i++] + (size_t)1) {
            if (rows[i] < last || rows[i] >= index->rows)
                die(EXIT_INPUT, "%s: index %s: row %u is taken out, wanted rising ones below %zu", source, quoted_text(index->name), rows[i],
                    index->rows);
            live[rows[i] / 64] &= ~((uint64_t)1 << rows[i] % 64);
        }
    }
    index->live = live;
}

void index_ready(struct index *index, const char *source)
{
    size_t row;
    const struct frame *frame = find_row(index, source, &row);
    index->name = text_of(index, frame, "name", row);
    index->table = text_of(index, frame, "table", row);
    const char *kind = text_of(index, frame, "kind", row), *metric = text_of(index, frame, "metric", row);
    uint32_t dim = ((const uint32_t *)frame_column(frame, "dim", "u32")->values)[row];
    uint64_t rows = ((const uint64_t *)frame_column(frame, "rows", "u64")->values)[row];
    index->kind = index_kind(kind);
    if (index->kind == NULL || index->kind->open == NULL)
        die(EXIT_INPUT, "%s: index %s is of the kind %s, which is not known", source, quoted_text(index->name), quoted_text(kind));
    if (!metric_parse(metric, &index->metric))
        die(EXIT_INPUT, "%s: index %s has the metric %s, wanted inner, cosine or l2", source, quoted_text(index->name), quoted_text(metric));
    if (dim == 0 || dim > DIM_MAX || rows > INT32_MAX)
        die(EXIT_INPUT, "%s: index %s claims %llu rows of %u numbers", source, quoted_text(index->name), (unsigned long long)rows, dim);
    index->dim = dim;
    index->rows = (size_t)rows;
    index->width = metric_width(index->metric, dim);
    if (index->metric == INDEX_L2)
        index->weight = weight_of(index, source);
    open_live(index, source);
    index->kind->open(index, source);
}

const struct held *index_table(const struct index *index, const char *part)
{
    for (size_t i = 0; i < index->n_tables; i++) {
        const char *found = part_in(index->name, held_schema(index->tables[i])->table);
        if (found != NULL && strcmp(found, part != NULL ? part : "") == 0)
            return index->tables[i];
    }
    return NULL;
}

struct topk_query *index_without_gone(const struct index *index, const struct topk_query *queries, size_t n, struct arena *scratch)
{
    if (index->live == NULL)
        return NULL;
    struct topk_query *all = arena_array(scratch, n, sizeof *all);
    const uint64_t *last = NULL, *both = NULL;
    size_t words = index->rows / 64 + 1;
    for (size_t i = 0; i < n; i++) {
        all[i] = queries[i];
        if (queries[i].allowed != NULL && queries[i].allowed != last) {
            uint64_t *joined = arena_array(scratch, words, sizeof *joined);
            for (size_t w = 0; w < (index->rows + 63) / 64; w++)
                joined[w] = queries[i].allowed[w] & index->live[w];
            last = queries[i].allowed;
            both = joined;
        }
        all[i].allowed = queries[i].allowed != NULL ? both : index->live;
    }
    return all;
}

void index_vector(const struct index *index, size_t row, float *out)
{
    assert(row < index->rows);
    if (index->width == index->dim) {
        index->kind->vector(index, row, out);
        return;
    }
    float *wide = memory_aligned(index->width, sizeof *wide);
    index->kind->vector(index, row, wide);
    memcpy(out, wide, index->dim * sizeof *out);
    free(wide);
}

static void check_table(const struct held *table, const char *source)
{
    size_t n, first = 0;
    const struct frame *frames = held_frames(table, &n);
    for (size_t f = 0; f < n; first += frames[f++].rows) {
        size_t column = schema_find(frames[f].schema, "vector");
        struct type type = column != SIZE_MAX ? frames[f].schema->columns[column].type : (struct type){0};
        if (type.element != ELEMENT_F32 || type.dim == 0 || type.list)
            continue;
        const float *vectors = frames[f].cells[column].values;
        size_t bad = find_bad(vectors, frames[f].rows, type.dim);
        if (bad != SIZE_MAX)
            refuse(source, frames[f].schema->table, first + bad / type.dim, bad % type.dim, vectors[bad]);
    }
}

void index_check(const struct index *index, const char *source)
{
    for (size_t i = 0; i < index->n_tables; i++)
        if (index_owns(index->name, held_schema(index->tables[i])->table))
            check_table(index->tables[i], source);
    if (index->kind->check != NULL)
        index->kind->check(index, source);
}

void index_free(struct index *index)
{
    if (index == NULL)
        return;
    held_free(index->header);
    for (size_t i = 0; i < index->n_tables; i++)
        held_free(index->tables[i]);
    free(index->tables);
    arena_free(&index->arena);
    free(index);
}
