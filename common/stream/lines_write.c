#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/lines.h"

enum { FLUSH_BYTES = 64 << 10 };

static void add_byte(struct bytes *out, char byte)
{
    if (out->length + 2 > out->capacity)
        out->data = memory_grow(out->data, &out->capacity, out->length + 2, 1);
    out->data[out->length++] = byte;
}

static void add_word(struct bytes *out, const char *word)
{
    bytes_add(out, word, strlen(word));
}

// The character at p of well-formed UTF-8, and its length.
static uint32_t character(const unsigned char *p, size_t *length)
{
    *length = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t c = *length == 1 ? p[0] : p[0] & (0x7fu >> *length);
    for (size_t i = 1; i < *length; i++)
        c = c << 6 | (p[i] & 0x3fu);
    return c;
}

// What a terminal might obey, or what reorders the text around it.
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static void add_escape(struct bytes *out, uint32_t c)
{
    switch (c) {
    case '\n': add_word(out, "\\n"); break;
    case '\t': add_word(out, "\\t"); break;
    case '\r': add_word(out, "\\r"); break;
    default: bytes_printf(out, "\\u%04x", c);
    }
}

void lines_text(struct bytes *out, const char *text, size_t length, bool quotes)
{
    if (quotes)
        add_byte(out, '"');
    for (size_t i = 0, plain = 0; i <= length;) {
        const unsigned char *p = (const unsigned char *)text + i;
        size_t step = 1;
        uint32_t c = i == length ? 0 : p[0];
        if (i < length && c >= 0x20 && c < 0x7f && !(quotes && (c == '"' || c == '\\'))) {
            i++;
            continue;
        }
        if (i < length && c >= 0x80)
            c = character(p, &step);
        if (i < length && c >= 0x80 && !is_unsafe(c)) {
            i += step;
            continue;
        }
        bytes_add(out, text + plain, i - plain);
        if (i < length && (c == '"' || c == '\\')) {
            add_byte(out, '\\');
            add_byte(out, (char)c);
        } else if (i < length) {
            add_escape(out, c);
        }
        i += step;
        plain = i;
    }
    if (quotes)
        add_byte(out, '"');
}

static void add_natural(struct bytes *out, uint64_t x)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + x % 10);
        x /= 10;
    } while (x > 0);
    while (n > 0)
        add_byte(out, digits[--n]);
}

static void add_integer(struct bytes *out, int64_t x)
{
    if (x < 0)
        add_byte(out, '-');
    add_natural(out, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

// A real of any width. `bits` are its own, `plain_nan` those of the usual not-a-number.
static void add_real(struct bytes *out, double x, uint64_t bits, uint64_t plain_nan, int digits, bool exact)
{
    char text[40];
    const char *quote = exact ? "\"" : "";
    if (isnan(x) && bits != plain_nan && exact)
        bytes_printf(out, "\"nan:%llx\"", (unsigned long long)bits);
    else if (!isfinite(x))
        bytes_printf(out, "%s%s%s", quote, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf", quote);
    else if (x == 0 && signbit(x))
        add_word(out, "-0.0");  // "-0" would come back as an integer
    else
        bytes_add(out, text, (size_t)snprintf(text, sizeof text, "%.*g", exact ? digits : 6, x));
}

static void add_value(struct bytes *out, enum element element, const void *values, size_t i, bool exact)
{
    uint32_t bits32;
    uint64_t bits64;
    float x;
    double y;
    switch (element) {
    case ELEMENT_U8:  add_natural(out, ((const uint8_t *)values)[i]); break;
    case ELEMENT_U32: add_natural(out, ((const uint32_t *)values)[i]); break;
    case ELEMENT_I32: add_integer(out, ((const int32_t *)values)[i]); break;
    case ELEMENT_I64: add_integer(out, ((const int64_t *)values)[i]); break;
    case ELEMENT_U64:
        bits64 = ((const uint64_t *)values)[i];
        if (exact && bits64 > INT64_MAX)
            bytes_printf(out, "\"%llu\"", (unsigned long long)bits64);
        else
            add_natural(out, bits64);
        break;
    case ELEMENT_F32:
        memcpy(&bits32, (const char *)values + i * sizeof bits32, sizeof bits32);
        memcpy(&x, &bits32, sizeof x);
        add_real(out, (double)x, bits32, 0x7fc00000, 9, exact);
        break;
    case ELEMENT_F64:
        memcpy(&bits64, (const char *)values + i * sizeof bits64, sizeof bits64);
        memcpy(&y, &bits64, sizeof y);
        add_real(out, y, bits64, 0x7ff8000000000000u, 17, exact);
        break;
    case ELEMENT_BF16:
        bits32 = (uint32_t)((const uint16_t *)values)[i] << 16;
        memcpy(&x, &bits32, sizeof x);
        add_real(out, (double)x, bits32 >> 16, 0x7fc0, 9, exact);
        break;
    case ELEMENT_STR:
        assert(false);
    }
}

// Values [from, to) of a column, as an array if it is a list.
static void add_values(struct bytes *out, const struct cells *cells, struct type type, size_t from, size_t to, bool exact, size_t end)
{
    for (size_t i = from; i < to; i++) {
        if (i > from)
            add_word(out, ", ");
        if (!exact && out->length > end) {
            add_word(out, "...");
            return;
        }
        if (type.element == ELEMENT_STR) {
            struct text text = cells_text(cells, i);
            lines_text(out, text.data, text.length, exact);
            continue;
        }
        if (type.dim == 0) {
            add_value(out, type.element, cells->values, i, exact);
            continue;
        }
        add_byte(out, '[');
        struct cells scalars = {.values = (const char *)cells->values + i * type_value_bytes(type)};
        add_values(out, &scalars, (struct type){.element = type.element}, 0, type.dim, exact, end);
        add_byte(out, ']');
    }
}

void lines_cell(struct bytes *out, const struct cells *cells, struct type type, size_t row, bool exact, size_t width_max)
{
    size_t end = out->length + width_max;
    if (!type.list) {
        add_values(out, cells, type, row, row + 1, exact, end);
        return;
    }
    add_byte(out, '[');
    add_values(out, cells, type, cells->lists[row], cells->lists[row + 1], exact, end);
    add_byte(out, ']');
}

struct table {
    const struct schema *schema;
    uint64_t rows;
};

struct lines {
    FILE *file;
    struct bytes text;
    struct arena lasting;
    struct table *tables;
    size_t n_tables, tables_capacity;
};

static void flush(struct lines *lines)
{
    if (lines->text.length > 0)
        fwrite(lines->text.data, 1, lines->text.length, lines->file);
    lines->text.length = 0;
}

static void add_string(struct bytes *out, const char *text)
{
    lines_text(out, text, strlen(text), true);
}

struct lines *lines_begin(FILE *file, const struct header *header)
{
    struct lines *lines = memory_zeros(1, sizeof *lines);
    struct bytes *out = &lines->text;
    lines->file = file;
    bytes_printf(out, "{\"millrace\": %d, \"config\": ", STREAM_VERSION);
    add_string(out, header->config);
    add_word(out, ", \"history\": [");
    for (size_t i = 0; i < header->n_history; i++) {
        const struct history *history = &header->history[i];
        add_word(out, i > 0 ? ", {\"stage\": " : "{\"stage\": ");
        add_string(out, history->stage);
        add_word(out, ", \"args\": [");
        for (size_t j = 0; j < history->n_args; j++) {
            add_word(out, j > 0 ? ", " : "");
            add_string(out, history->args[j]);
        }
        add_word(out, "], \"version\": ");
        add_string(out, history->version);
        add_byte(out, '}');
    }
    add_word(out, "]}\n");
    flush(lines);
    return lines;
}

static struct table *table_of(struct lines *lines, const struct schema *schema)
{
    for (size_t i = 0; i < lines->n_tables; i++)
        if (strcmp(lines->tables[i].schema->table, schema->table) == 0)
            return &lines->tables[i];
    struct bytes *out = &lines->text;
    add_word(out, "{\"table\": ");
    add_string(out, schema->table);
    add_word(out, ", \"columns\": {");
    for (size_t i = 0; i < schema->n; i++) {
        add_word(out, i > 0 ? ", " : "");
        add_string(out, schema->columns[i].name);
        bytes_printf(out, ": \"%s\"", type_name(schema->columns[i].type));
    }
    add_word(out, "}}\n");
    lines->tables = memory_grow(lines->tables, &lines->tables_capacity, lines->n_tables + 1, sizeof *lines->tables);
    lines->tables[lines->n_tables] = (struct table){.schema = schema_copy(&lines->lasting, schema)};
    return &lines->tables[lines->n_tables++];
}

void lines_put(struct lines *lines, const struct frame *frame)
{
    const struct schema *schema = frame->schema;
    struct bytes *out = &lines->text;
    struct table *table = table_of(lines, schema);
    table->rows += frame->rows;
    if (frame->rows > 0) {
        add_word(out, "{\"frame\": ");
        add_string(out, schema->table);
        bytes_printf(out, ", \"rows\": %zu}\n", frame->rows);
    }
    for (size_t row = 0; row < frame->rows; row++) {
        add_byte(out, '[');
        for (size_t i = 0; i < schema->n; i++) {
            if (i > 0)
                add_word(out, ", ");
            lines_cell(out, &frame->cells[i], schema->columns[i].type, row, true, 0);
        }
        add_word(out, "]\n");
        if (out->length >= FLUSH_BYTES)
            flush(lines);
    }
    flush(lines);
}

void lines_end(struct lines *lines)
{
    struct bytes *out = &lines->text;
    add_word(out, "{\"end\": {");
    for (size_t i = 0; i < lines->n_tables; i++) {
        add_word(out, i > 0 ? ", " : "");
        add_string(out, lines->tables[i].schema->table);
        bytes_printf(out, ": %llu", (unsigned long long)lines->tables[i].rows);
    }
    add_word(out, "}}\n");
    flush(lines);
    free(out->data);
    free(lines->tables);
    arena_free(&lines->lasting);
    free(lines);
}
