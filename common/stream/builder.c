#include "common/stream/builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

enum { BUILDER_ROWS_MAX = 65536, BUILDER_BYTES_MAX = 8 << 20 };

// A growing column. The offsets start with a zero once the first row is begun.
struct growing {
    struct bytes values;
    uint32_t *lists, *texts;
    size_t lists_capacity, texts_capacity, n;
};

static void growing_text(struct growing *column, const void *text, size_t length)
{
    column->texts = memory_grow(column->texts, &column->texts_capacity, column->n + 2, sizeof *column->texts);
    if (column->values.length + length > UINT32_MAX)
        die(EXIT_INPUT, "a column of more than 4 GiB of text");
    column->texts[column->n] = (uint32_t)column->values.length;
    bytes_add(&column->values, text, length);
    column->n++;
    column->texts[column->n] = (uint32_t)column->values.length;
}

static void growing_close(struct growing *column, size_t row)
{
    column->lists = memory_grow(column->lists, &column->lists_capacity, row + 2, sizeof *column->lists);
    if (column->n > INT32_MAX)
        die(EXIT_INPUT, "a column of more than 2^31 list values");
    column->lists[0] = 0;
    column->lists[row + 1] = (uint32_t)column->n;
}

static struct cells growing_cells(struct growing *column, struct type type)
{
    static const uint32_t zero = 0;
    struct cells cells = {.values = column->values.data != NULL ? column->values.data : "", .n = column->n};
    if (type.list)
        cells.lists = column->lists != NULL ? column->lists : &zero;
    if (type.element == ELEMENT_STR)
        cells.texts = column->n > 0 ? column->texts : &zero;
    return cells;
}

static void growing_free(struct growing *column)
{
    free(column->values.data);
    free(column->lists);
    free(column->texts);
}

struct builder {
    const struct schema *schema;
    size_t rows, bytes;
    struct growing *columns;
    struct frame frame;
};

struct builder *builder_new(const struct schema *schema)
{
    struct builder *builder = memory_zeros(1, sizeof *builder);
    builder->schema = schema;
    builder->columns = memory_zeros(schema->n, sizeof *builder->columns);
    builder->frame = (struct frame){.schema = schema, .cells = memory_zeros(schema->n, sizeof(struct cells))};
    return builder;
}

void builder_value(struct builder *builder, size_t column, const void *value)
{
    struct growing *growing = &builder->columns[column];
    assert(builder->schema->columns[column].type.element != ELEMENT_STR);
    size_t size = type_value_bytes(builder->schema->columns[column].type);
    bytes_add(&growing->values, value, size);
    growing->n++;
    builder->bytes += size;
}

void builder_text(struct builder *builder, size_t column, const void *text, size_t length)
{
    assert(builder->schema->columns[column].type.element == ELEMENT_STR);
    growing_text(&builder->columns[column], text, length);
    builder->bytes += length + sizeof(uint32_t);
}

void builder_row(struct builder *builder)
{
    for (size_t i = 0; i < builder->schema->n; i++) {
        struct growing *column = &builder->columns[i];
        if (builder->schema->columns[i].type.list)
            growing_close(column, builder->rows);
        else
            assert(column->n == builder->rows + 1);
    }
    builder->rows++;
}

bool builder_full(const struct builder *builder)
{
    return builder->rows >= BUILDER_ROWS_MAX || builder->bytes >= BUILDER_BYTES_MAX;
}

const struct frame *builder_frame(struct builder *builder)
{
    builder->frame.rows = builder->rows;
    for (size_t i = 0; i < builder->schema->n; i++)
        builder->frame.cells[i] = growing_cells(&builder->columns[i], builder->schema->columns[i].type);
    return &builder->frame;
}

void builder_clear(struct builder *builder)
{
    builder->rows = builder->bytes = 0;
    for (size_t i = 0; i < builder->schema->n; i++)
        builder->columns[i].n = builder->columns[i].values.length = 0;
}

void builder_free(struct builder *builder)
{
    if (builder == NULL)
        return;
    for (size_t i = 0; i < builder->schema->n; i++)
        growing_free(&builder->columns[i]);
    free(builder->columns);
    free(builder->frame.cells);
    free(builder);
}

struct gather {
    struct arena arena;
    const struct schema *schema;
    size_t rows;
    struct growing *columns;
    struct frame frame;
};

struct gather *gather_new(void)
{
    return memory_zeros(1, sizeof(struct gather));
}

static void gather_column(struct growing *to, const struct cells *from, const struct schema *schema, struct type type, size_t rows_before,
                          size_t rows)
{
    if (type.list) {
        to->lists = memory_grow(to->lists, &to->lists_capacity, rows_before + rows + 1, sizeof *to->lists);
        to->lists[0] = 0;
        if (to->n + from->n > INT32_MAX)
            die(EXIT_INPUT, "%s: more than 2^31 list values", schema_place(schema));
        for (size_t i = 1; i <= rows; i++)
            to->lists[rows_before + i] = (uint32_t)to->n + from->lists[i];
    }
    if (type.element == ELEMENT_STR) {
        size_t before = to->values.length;
        to->texts = memory_grow(to->texts, &to->texts_capacity, to->n + from->n + 1, sizeof *to->texts);
        bytes_add(&to->values, from->values, from->texts[from->n]);
        if (to->values.length > UINT32_MAX)
            die(EXIT_INPUT, "%s: more than 4 GiB of text in one column", schema_place(schema));
        for (size_t i = 0; i <= from->n; i++)
            to->texts[to->n + i] = (uint32_t)before + from->texts[i];
    } else {
        bytes_add(&to->values, from->values, from->n * type_value_bytes(type));
    }
    to->n += from->n;
}

void gather_add(struct gather *gather, const struct frame *frame)
{
    if (gather->schema == NULL) {
        gather->schema = schema_copy(&gather->arena, frame->schema);
        gather->columns = memory_zeros(frame->schema->n, sizeof *gather->columns);
        gather->frame = (struct frame){.schema = gather->schema, .cells = memory_zeros(frame->schema->n, sizeof(struct cells))};
    }
    if (!schema_equal(gather->schema, frame->schema))
        die(EXIT_INPUT, "%s: two schemas of one name", schema_place(frame->schema));
    for (size_t i = 0; i < frame->schema->n && frame->rows > 0; i++)
        gather_column(&gather->columns[i], &frame->cells[i], frame->schema, frame->schema->columns[i].type, gather->rows, frame->rows);
    gather->rows += frame->rows;
    if (gather->rows > INT32_MAX)
        die(EXIT_INPUT, "%s: more than 2^31 rows", schema_place(frame->schema));
}

const struct frame *gather_frame(struct gather *gather)
{
    if (gather->schema == NULL)
        return NULL;
    gather->frame.rows = gather->rows;
    for (size_t i = 0; i < gather->schema->n; i++)
        gather->frame.cells[i] = growing_cells(&gather->columns[i], gather->schema->columns[i].type);
    return &gather->frame;
}

void gather_free(struct gather *gather)
{
    if (gather == NULL)
        return;
    for (size_t i = 0; gather->schema != NULL && i < gather->schema->n; i++)
        growing_free(&gather->columns[i]);
    free(gather->columns);
    free(gather->frame.cells);
    arena_free(&gather->arena);
    free(gather);
}
