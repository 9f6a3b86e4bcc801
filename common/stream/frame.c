#include "common/stream/frame.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/utf8.h"

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "columns are little-endian and used in place: this machine is not"
#endif

static const struct {
    const char *name;
    size_t bytes;
} elements[] = {
    [ELEMENT_U8] = {"u8", 1},   [ELEMENT_I32] = {"i32", 4}, [ELEMENT_U32] = {"u32", 4},
    [ELEMENT_I64] = {"i64", 8}, [ELEMENT_U64] = {"u64", 8}, [ELEMENT_F32] = {"f32", 4},
    [ELEMENT_F64] = {"f64", 8}, [ELEMENT_BF16] = {"bf16", 2}, [ELEMENT_STR] = {"str", 1},
};

enum { BUILDER_ROWS_MAX = 65536, BUILDER_BYTES_MAX = 8 << 20 };

bool type_parse(const char *name, size_t length, struct type *type)
{
    *type = (struct type){0};
    if (length > 0 && name[length - 1] == '*') {
        type->list = true;
        length--;
    }
    size_t base = 0;
    while (base < length && name[base] != '[')
        base++;
    size_t e = 0, n_elements = sizeof elements / sizeof *elements;
    while (e < n_elements && !(strlen(elements[e].name) == base && memcmp(elements[e].name, name, base) == 0))
        e++;
    if (e == n_elements)
        return false;
    type->element = (enum element)e;
    if (base == length)
        return true;
    if (e == ELEMENT_STR || name[length - 1] != ']' || name[base + 1] < '1' || name[base + 1] > '9')
        return false;
    uint64_t dim = 0;
    for (size_t i = base + 1; i < length - 1; i++) {
        if (name[i] < '0' || name[i] > '9' || dim > DIM_MAX)
            return false;
        dim = dim * 10 + (uint64_t)(name[i] - '0');
    }
    type->dim = (uint32_t)dim;
    return dim >= 1 && dim <= DIM_MAX;
}

const char *type_name(struct type type)
{
    static _Thread_local char buffers[8][32];
    static _Thread_local int turn;
    char *out = buffers[turn++ % 8];
    int n = snprintf(out, sizeof buffers[0], "%s", elements[type.element].name);
    if (type.dim != 0)
        n += snprintf(out + n, sizeof buffers[0] - (size_t)n, "[%u]", type.dim);
    if (type.list)
        strcpy(out + n, "*");
    return out;
}

struct type type_of(const char *name)
{
    struct type type;
    bool good = type_parse(name, strlen(name), &type);
    assert(good);
    return type;
}

bool type_equal(struct type a, struct type b)
{
    return a.element == b.element && a.dim == b.dim && a.list == b.list;
}

size_t type_value_bytes(struct type type)
{
    return elements[type.element].bytes * (type.dim == 0 ? 1 : type.dim);
}

struct schema *schema_new(struct arena *arena, const char *table)
{
    struct schema *schema = arena_zeros(arena, 1, sizeof *schema);
    schema->table = arena_text(arena, table, strlen(table));
    return schema;
}

void schema_add(struct schema *schema, struct arena *arena, const char *name, struct type type)
{
    if ((schema->n & (schema->n - 1)) == 0) {  // full at every power of two
        struct column *columns = arena_array(arena, schema->n == 0 ? 1 : schema->n * 2, sizeof *columns);
        if (schema->n > 0)
            memcpy(columns, schema->columns, schema->n * sizeof *columns);
        schema->columns = columns;
    }
    schema->columns[schema->n++] = (struct column){arena_text(arena, name, strlen(name)), type};
}

struct schema *schema_copy(struct arena *arena, const struct schema *schema)
{
    struct schema *copy = schema_new(arena, schema->table);
    copy->source = schema->source;
    for (size_t i = 0; i < schema->n; i++)
        schema_add(copy, arena, schema->columns[i].name, schema->columns[i].type);
    return copy;
}

const char *schema_place(const struct schema *schema)
{
    static _Thread_local char buffers[8][600];
    static _Thread_local int turn;
    char *out = buffers[turn++ % 8];
    snprintf(out, sizeof buffers[0], "%s%stable %s", schema->source != NULL ? schema->source : "", schema->source != NULL ? ": " : "",
             quoted_text(schema->table));
    return out;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    return length >= 1 && length <= NAME_BYTES_MAX && utf8_valid(name, length, NULL);
}

const char *schema_fault(const struct schema *schema)
{
    static char fault[800];
    const char *table = quoted_text(schema->table);
    if (!is_name(schema->table))
        snprintf(fault, sizeof fault, "table %s: a name has 1 to %d bytes of UTF-8", table, NAME_BYTES_MAX);
    else if (schema->n < 1 || schema->n > COLUMNS_MAX)
        snprintf(fault, sizeof fault, "table %s: %zu columns, wanted 1 to %d", table, schema->n, COLUMNS_MAX);
    else
        fault[0] = '\0';
    for (size_t i = 0; i < schema->n && fault[0] == '\0'; i++) {
        const char *name = schema->columns[i].name;
        if (!is_name(name))
            snprintf(fault, sizeof fault, "table %s: column %s: a name has 1 to %d bytes of UTF-8", table, quoted_text(name),
                     NAME_BYTES_MAX);
        else if (schema_find(schema, name) != i)
            snprintf(fault, sizeof fault, "table %s: two columns %s", table, quoted_text(name));
    }
    return fault[0] != '\0' ? fault : NULL;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    if (a == b)
        return true;
    if (a->n != b->n || strcmp(a->table, b->table) != 0)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!type_equal(a->columns[i].type, b->columns[i].type) || strcmp(a->columns[i].name, b->columns[i].name) != 0)
            return false;
    return true;
}

size_t schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

bool is_table(const struct frame *frame, const char *table)
{
    return strcmp(frame->schema->table, table) == 0;
}

// With the number of the frame, if it came as one.
static const char *place_of(const struct frame *frame)
{
    struct schema schema = *frame->schema;
    schema.source = frame->place != NULL ? frame->place : schema.source;
    return schema_place(&schema);
}

const struct cells *frame_column_if(const struct frame *frame, const char *name, const char *type)
{
    size_t i = schema_find(frame->schema, name);
    if (i == SIZE_MAX)
        return NULL;
    // Without type_name, whose buffers come round: `type` may lie in one of them, and serve for many frames.
    struct type wanted, found = frame->schema->columns[i].type;
    if (!type_parse(type, strlen(type), &wanted) || !type_equal(found, wanted))
        die(EXIT_INPUT, "%s: column %s is %s, wanted %s", place_of(frame), quoted_text(name), type_name(found), type);
    return &frame->cells[i];
}

const struct cells *frame_column(const struct frame *frame, const char *name, const char *type)
{
    const struct cells *cells = frame_column_if(frame, name, type);
    if (cells != NULL)
        return cells;
    struct bytes names = {0};
    for (size_t i = 0; i < frame->schema->n && names.length < 300; i++)
        bytes_printf(&names, "%s%s", i > 0 ? ", " : "", quoted_text(frame->schema->columns[i].name));
    die(EXIT_INPUT, "%s: no column %s: its columns are %s", place_of(frame), quoted_text(name), names.length > 0 ? names.data : "none");
}

const struct cells *frame_texts(const struct frame *frame, const char *name, struct arena *arena)
{
    enum { DECIMAL_MAX = 20 };  // -9223372036854775808
    size_t i = schema_find(frame->schema, name);
    if (i == SIZE_MAX || strcmp(type_name(frame->schema->columns[i].type), "i64") != 0)
        return frame_column(frame, name, "str");
    const int64_t *numbers = frame->cells[i].values;
    if (frame->rows > INT32_MAX / DECIMAL_MAX)
        die(EXIT_INPUT, "%s: a frame of %zu rows: too many", schema_place(frame->schema), frame->rows);
    uint32_t *texts = arena_array(arena, frame->rows + 1, sizeof *texts);
    char *bytes = arena_array(arena, frame->rows * DECIMAL_MAX + 1, 1);
    texts[0] = 0;
    for (size_t row = 0; row < frame->rows; row++)
        texts[row + 1] = texts[row] + (uint32_t)sprintf(bytes + texts[row], "%lld", (long long)numbers[row]);
    struct cells *cells = arena_zeros(arena, 1, sizeof *cells);
    *cells = (struct cells){.texts = texts, .values = bytes, .n = frame->rows};
    return cells;
}

#define WIDEN(type) \
    for (size_t row = 0; row < frame->rows; row++) \
        out[row] = (double)((const type *)values)[row];

const double *frame_numbers(const struct frame *frame, const char *name, struct arena *arena)
{
    size_t i = schema_find(frame->schema, name);
    struct type type = i != SIZE_MAX ? frame->schema->columns[i].type : type_of("str");
    if (type.list || type.dim != 0 || type.element == ELEMENT_STR || type.element == ELEMENT_BF16 || type.element == ELEMENT_F64)
        return frame_column(frame, name, "f64")->values;
    const void *values = frame->cells[i].values;
    double *out = arena_array(arena, frame->rows, sizeof *out);
    switch (type.element) {
    case ELEMENT_U8: WIDEN(uint8_t) break;
    case ELEMENT_I32: WIDEN(int32_t) break;
    case ELEMENT_U32: WIDEN(uint32_t) break;
    case ELEMENT_I64: WIDEN(int64_t) break;
    case ELEMENT_U64: WIDEN(uint64_t) break;
    default: WIDEN(float) break;
    }
    return out;
}

static size_t cells_bytes(const struct cells *cells, struct type type, size_t rows)
{
    size_t bytes = type.list ? (rows + 1) * sizeof(uint32_t) : 0;
    if (type.element == ELEMENT_STR)
        return bytes + (cells->n + 1) * sizeof(uint32_t) + cells->texts[cells->n];
    return bytes + cells->n * type_value_bytes(type);
}

size_t frame_bytes(const struct frame *frame)
{
    size_t bytes = 0;
    for (size_t i = 0; i < frame->schema->n && frame->rows > 0; i++)
        bytes += cells_bytes(&frame->cells[i], frame->schema->columns[i].type, frame->rows);
    return bytes;
}

// The chosen values of a column that is no list.
static struct cells select_values(const struct cells *in, struct type type, const uint32_t *chosen, size_t n, struct arena *arena)
{
    struct cells out = {.n = n};
    if (type.element == ELEMENT_STR) {
        uint32_t *texts = arena_array(arena, n + 1, sizeof *texts);
        size_t bytes = 0;
        for (size_t i = 0; i < n; i++) {
            texts[i] = (uint32_t)bytes;
            bytes += cells_text(in, chosen[i]).length;
        }
        if (bytes > UINT32_MAX)
            die(EXIT_INPUT, "a frame of more than 4 GiB of text");
        texts[n] = (uint32_t)bytes;
        char *values = arena_array(arena, bytes, 1);
        for (size_t i = 0; i < n; i++) {
            struct text text = cells_text(in, chosen[i]);
            memcpy(values + texts[i], text.data, text.length);
        }
        out.texts = texts;
        out.values = values;
        return out;
    }
    size_t size = type_value_bytes(type);
    char *values = arena_array(arena, n, size);
    const char *from = in->values;
    switch (size) {  // the common widths as plain loads and stores
    case 4:
        for (size_t i = 0; i < n; i++)
            ((uint32_t *)(void *)values)[i] = ((const uint32_t *)(const void *)from)[chosen[i]];
        break;
    case 8:
        for (size_t i = 0; i < n; i++)
            ((uint64_t *)(void *)values)[i] = ((const uint64_t *)(const void *)from)[chosen[i]];
        break;
    default:
        for (size_t i = 0; i < n; i++)
            memcpy(values + i * size, from + (size_t)chosen[i] * size, size);
    }
    out.values = values;
    return out;
}

static struct cells select_lists(const struct cells *in, struct type type, const uint32_t *chosen, size_t n, struct arena *arena)
{
    uint32_t *lists = arena_array(arena, n + 1, sizeof *lists);
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        lists[i] = (uint32_t)total;
        total += in->lists[chosen[i] + 1] - in->lists[chosen[i]];
    }
    if (total > INT32_MAX)
        die(EXIT_INPUT, "a frame of more than 2^31 list values");
    lists[n] = (uint32_t)total;
    uint32_t *values = arena_array(arena, total, sizeof *values);
    for (size_t i = 0; i < n; i++)
        for (uint32_t j = in->lists[chosen[i]], k = lists[i]; j < in->lists[chosen[i] + 1]; j++, k++)
            values[k] = j;
    struct cells out = select_values(in, type, values, total, arena);
    out.lists = lists;
    return out;
}

struct frame frame_without(const struct frame *frame, size_t column, struct arena *arena)
{
    struct schema *schema = schema_new(arena, frame->schema->table);
    struct cells *cells = arena_array(arena, frame->schema->n, sizeof *cells);
    for (size_t i = 0; i < frame->schema->n; i++) {
        if (i == column)
            continue;
        cells[schema->n] = frame->cells[i];
        schema_add(schema, arena, frame->schema->columns[i].name, frame->schema->columns[i].type);
    }
    return (struct frame){.schema = schema, .rows = frame->rows, .cells = cells, .place = frame->place};
}

struct frame frame_select(const struct frame *frame, const uint32_t *rows, size_t n, struct arena *arena)
{
    struct frame out = {.schema = frame->schema, .rows = n, .place = frame->place};
    out.cells = arena_array(arena, frame->schema->n, sizeof *out.cells);
    for (size_t i = 0; i < frame->schema->n; i++) {
        struct type type = frame->schema->columns[i].type;
        out.cells[i] = type.list ? select_lists(&frame->cells[i], type, rows, n, arena)
                                 : select_values(&frame->cells[i], type, rows, n, arena);
    }
    return out;
}

void frame_row_bytes(const struct frame *frame, size_t row, struct bytes *out)
{
    for (size_t i = 0; i < frame->schema->n; i++) {
        const struct cells *cells = &frame->cells[i];
        struct type type = frame->schema->columns[i].type;
        size_t from = type.list ? cells->lists[row] : row, to = type.list ? cells->lists[row + 1] : row + 1;
        uint32_t n = (uint32_t)(to - from);
        if (type.list)
            bytes_add(out, &n, sizeof n);
        if (type.element != ELEMENT_STR) {
            bytes_add(out, (const char *)cells->values + from * type_value_bytes(type), n * type_value_bytes(type));
            continue;
        }
        for (size_t k = from; k < to; k++) {
            struct text text = cells_text(cells, k);
            n = (uint32_t)text.length;
            bytes_add(out, &n, sizeof n);
            bytes_add(out, text.data, text.length);
        }
    }
}

// Offsets [from, to] moved so that the first is zero.
static const uint32_t *shifted(const uint32_t *offsets, size_t from, size_t to, struct arena *arena)
{
    if (offsets[from] == 0)
        return offsets + from;
    uint32_t *out = arena_array(arena, to - from + 1, sizeof *out);
    for (size_t i = from; i <= to; i++)
        out[i - from] = offsets[i] - offsets[from];
    return out;
}

struct frame frame_slice(const struct frame *frame, size_t from, size_t to, struct arena *arena)
{
    struct frame out = {.schema = frame->schema, .rows = to - from, .place = frame->place};
    out.cells = arena_array(arena, frame->schema->n, sizeof *out.cells);
    for (size_t i = 0; i < frame->schema->n; i++) {
        const struct cells *in = &frame->cells[i];
        struct type type = frame->schema->columns[i].type;
        struct cells *cells = &out.cells[i];
        size_t first = from, last = to;
        *cells = (struct cells){0};
        if (type.list) {
            cells->lists = shifted(in->lists, from, to, arena);
            first = in->lists[from];
            last = in->lists[to];
        }
        cells->n = last - first;
        if (type.element == ELEMENT_STR) {
            cells->texts = shifted(in->texts, first, last, arena);
            cells->values = (const char *)in->values + in->texts[first];
        } else {
            cells->values = (const char *)in->values + first * type_value_bytes(type);
        }
    }
    return out;
}

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

static void gather_column(struct growing *to, const struct cells *from, const struct schema *schema, struct type type, size_t rows_before, size_t rows)
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
