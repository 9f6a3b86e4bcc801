#include "common/stream/frame.h"

#include <stdio.h>
#include <string.h>

#include "common/base/die.h"

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "columns are little-endian and used in place: this machine is not"
#endif

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

const void *cells_row(const struct cells *cells, struct type type, size_t row, size_t *n)
{
    size_t from = row, to = row + 1, size = type_value_bytes(type);
    if (cells->lists != NULL) {
        from = cells->lists[row];
        to = cells->lists[row + 1];
    }
    if (cells->texts != NULL) {
        from = cells->texts[from];
        to = cells->texts[to];
    }
    *n = (to - from) * size;
    return (const char *)cells->values + from * size;
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
