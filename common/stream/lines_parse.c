// jansson reads each line; the rows of a frame are collected in a builder and written as one frame, so that the grouping
// survives too.
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/stream/builder.h"
#include "common/stream/lines.h"
#include "common/stream/writer.h"

struct table {
    struct schema *schema;
    struct builder *builder;
    uint64_t rows;
};

struct parse {
    const char *name, *output;
    FILE *file;
    size_t line;
    char *text;             // of the line
    size_t text_capacity;
    json_t *json;           // of the line
    struct arena lasting;
    struct writer *writer;  // NULL before the header
    struct table *tables;
    size_t n_tables, tables_capacity;
    struct map *numbers;    // of tables, by name
    struct table *open;     // whose frame is being read
    uint64_t claimed;       // rows of that frame; UINT64_MAX: not said
    bool ended;
};

static _Noreturn void bad(const struct parse *p, const char *what)
{
    die(EXIT_INPUT, "%s: line %zu: %s", p->name, p->line, what);
}

static _Noreturn void bad_cell(const struct parse *p, size_t column, const char *wanted)
{
    const struct column *c = &p->open->schema->columns[column];
    die(EXIT_INPUT, "%s: line %zu: column %s: wanted %s for %s", p->name, p->line, quoted_text(c->name), wanted, type_name(c->type));
}

static void *allocate(size_t bytes)
{
    return memory_resize(NULL, bytes, 1);
}

// Reads the next line that is neither blank nor a comment as JSON; false at the end of the file.
static bool next_line(struct parse *p)
{
    for (;;) {
        errno = 0;
        ssize_t n = getline(&p->text, &p->text_capacity, p->file);
        if (n < 0) {
            if (ferror(p->file) || errno == ENOMEM)
                die(EXIT_WORLD, "read %s:", p->name);
            return false;
        }
        p->line++;
        if (p->text[strspn(p->text, " \t\r\n")] == '\0' && strlen(p->text) == (size_t)n)
            continue;
        if (p->text[0] == '#')
            continue;
        json_error_t error;
        json_decref(p->json);
        p->json = json_loadb(p->text, (size_t)n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (p->json == NULL)
            die(EXIT_INPUT, "%s: line %zu: no JSON at byte %d: %s", p->name, p->line, error.position,
                error.text[0] == '\0' ? "malformed" : quoted_text(error.text));
        return true;
    }
}

// A string without a zero byte, in the arena; dies if it is none.
static const char *string_of(struct parse *p, const json_t *json, const char *what)
{
    if (!json_is_string(json) || strlen(json_string_value(json)) != json_string_length(json))
        die(EXIT_INPUT, "%s: line %zu: %s is missing or no string", p->name, p->line, what);
    return arena_text(&p->lasting, json_string_value(json), json_string_length(json));
}

static uint64_t count_of(const struct parse *p, const json_t *json, const char *what)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0)
        die(EXIT_INPUT, "%s: line %zu: %s is no whole number", p->name, p->line, what);
    return (uint64_t)json_integer_value(json);
}

static void take_header(struct parse *p)
{
    const json_t *version = json_object_get(p->json, "millrace"), *config = json_object_get(p->json, "config");
    if (version == NULL)
        bad(p, "wanted a header, {\"millrace\": 1, ...}");
    if (count_of(p, version, "the version") != STREAM_VERSION)
        die(EXIT_INPUT, "%s: line %zu: version %lld: this program reads version %d", p->name, p->line,
            (long long)json_integer_value(version), STREAM_VERSION);
    struct header header = {.config = config != NULL ? string_of(p, config, "config") : ""};
    const json_t *list = json_object_get(p->json, "history");
    if (list != NULL && !json_is_array(list))
        bad(p, "history is no array");
    header.n_history = json_array_size(list);
    header.history = arena_zeros(&p->lasting, header.n_history, sizeof *header.history);
    for (size_t i = 0; i < header.n_history; i++) {
        const json_t *entry = json_array_get(list, i), *args = json_object_get(entry, "args");
        struct history *history = &header.history[i];
        history->stage = string_of(p, json_object_get(entry, "stage"), "history: stage");
        history->version = string_of(p, json_object_get(entry, "version"), "history: version");
        if (!json_is_array(args))
            bad(p, "history: args is missing or no array");
        history->n_args = json_array_size(args);
        history->args = arena_zeros(&p->lasting, history->n_args, sizeof *history->args);
        for (size_t j = 0; j < history->n_args; j++)
            history->args[j] = string_of(p, json_array_get(args, j), "history: argument");
    }
    p->writer = writer_open_exact(p->output, &header);
}

static void take_schema(struct parse *p)
{
    const char *name = string_of(p, json_object_get(p->json, "table"), "table");
    json_t *columns = json_object_get(p->json, "columns");
    if (!json_is_object(columns) || json_object_size(columns) == 0 || json_object_size(columns) > COLUMNS_MAX)
        bad(p, "columns: wanted an object of 1 to 1024 columns, name to type");
    if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX)
        bad(p, "a table's name has 1 to 255 bytes");
    if (map_add(p->numbers, name, strlen(name)) != p->n_tables)
        die(EXIT_INPUT, "%s: line %zu: table %s: two schemas of one name", p->name, p->line, quoted_text(name));
    struct schema *schema = schema_new(&p->lasting, name);
    const char *column;
    json_t *type_json;
    json_object_foreach(columns, column, type_json) {
        struct type type;
        if (column[0] == '\0' || strlen(column) > NAME_BYTES_MAX)
            bad(p, "a column's name has 1 to 255 bytes");
        if (!json_is_string(type_json) || !type_parse(json_string_value(type_json), json_string_length(type_json), &type))
            die(EXIT_INPUT, "%s: line %zu: column %s: unknown type", p->name, p->line, quoted_text(column));
        schema_add(schema, &p->lasting, column, type);
    }
    p->tables = memory_grow(p->tables, &p->tables_capacity, p->n_tables + 1, sizeof *p->tables);
    struct table *table = &p->tables[p->n_tables++];
    *table = (struct table){.schema = schema, .builder = builder_new(schema)};
    builder_flush(table->builder, p->writer);
}

static struct table *table_of(const struct parse *p, const char *name, size_t length)
{
    uint32_t number;
    if (!map_find(p->numbers, name, length, &number))
        die(EXIT_INPUT, "%s: line %zu: no schema of a table %s came before", p->name, p->line, quoted(name, length));
    return &p->tables[number];
}

static void close_frame(struct parse *p)
{
    if (p->open == NULL)
        return;
    uint64_t rows = builder_frame(p->open->builder)->rows;
    if (p->claimed != UINT64_MAX && p->claimed != rows)
        die(EXIT_INPUT, "%s: line %zu: the frame before it has %llu rows, its line says %llu", p->name, p->line,
            (unsigned long long)rows, (unsigned long long)p->claimed);
    builder_flush(p->open->builder, p->writer);
    p->open->rows += rows;
    p->open = NULL;
}

static void open_frame(struct parse *p)
{
    const json_t *name = json_object_get(p->json, "frame"), *rows = json_object_get(p->json, "rows");
    if (!json_is_string(name))
        bad(p, "frame: wanted the name of a table");
    p->open = table_of(p, json_string_value(name), json_string_length(name));
    p->claimed = rows != NULL ? count_of(p, rows, "rows") : UINT64_MAX;
}

static void take_end(struct parse *p)
{
    json_t *counts = json_object_get(p->json, "end"), *rows;
    const char *name;
    if (!json_is_object(counts))
        bad(p, "end: wanted an object, table to rows");
    json_object_foreach(counts, name, rows) {
        const struct table *table = table_of(p, name, strlen(name));
        if (count_of(p, rows, "end: rows") != table->rows)
            die(EXIT_INPUT, "%s: line %zu: table %s: %llu rows are claimed, %llu came", p->name, p->line, quoted_text(name),
                (unsigned long long)json_integer_value(rows), (unsigned long long)table->rows);
    }
    p->ended = true;
}

// The bits of "nan:...", or of a plain number, infinity or "nan" as a double.
static bool real_of(const json_t *json, double *x, uint64_t *bits)
{
    *bits = 0;
    if (json_is_number(json)) {
        *x = json_number_value(json);
        return true;
    }
    const char *text = json_string_value(json);
    if (text == NULL)
        return false;
    char *end;
    *x = strcmp(text, "inf") == 0 ? (double)INFINITY : strcmp(text, "-inf") == 0 ? -(double)INFINITY : (double)NAN;
    if (strncmp(text, "nan:", 4) != 0)
        return isinf(*x) || strcmp(text, "nan") == 0;
    *bits = strtoull(text + 4, &end, 16);
    return *bits != 0 && *end == '\0' && text[4] != '-';
}

static uint16_t bf16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x))
        return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);  // to the nearest, ties to even
}

static void add_real(struct parse *p, size_t column, enum element element, const json_t *json, char *out)
{
    double y;
    uint64_t bits;
    if (!real_of(json, &y, &bits))
        bad_cell(p, column, "a number, \"inf\", \"-inf\" or \"nan\"");
    if (element == ELEMENT_F64) {
        double plain = isnan(y) ? (double)NAN : y;
        memcpy(out, bits != 0 ? (const void *)&bits : &plain, sizeof plain);
        return;
    }
    float x = isnan(y) ? NAN : (float)y;
    if (isinf(x) && !isinf(y))
        bad_cell(p, column, "a number in range");
    uint32_t bits32 = (uint32_t)bits;
    uint16_t bits16 = bits != 0 ? (uint16_t)bits : bf16_of(x);
    if (element == ELEMENT_F32)
        memcpy(out, bits != 0 ? (const void *)&bits32 : &x, sizeof x);
    else
        memcpy(out, &bits16, sizeof bits16);
}

static void add_integer(struct parse *p, size_t column, enum element element, const json_t *json, char *out)
{
    static const int64_t low[] = {[ELEMENT_I32] = INT32_MIN, [ELEMENT_I64] = INT64_MIN, [ELEMENT_U64] = 0};
    static const int64_t high[] = {[ELEMENT_U8] = UINT8_MAX, [ELEMENT_I32] = INT32_MAX, [ELEMENT_U32] = UINT32_MAX,
                                   [ELEMENT_I64] = INT64_MAX, [ELEMENT_U64] = INT64_MAX};
    int64_t x = json_integer_value(json);
    if (element == ELEMENT_U64 && json_is_string(json)) {
        char *end;
        errno = 0;
        uint64_t large = strtoull(json_string_value(json), &end, 10);
        if (json_string_value(json)[0] < '0' || json_string_value(json)[0] > '9' || *end != '\0' || errno != 0)
            bad_cell(p, column, "a whole number in range");
        memcpy(out, &large, sizeof large);
        return;
    }
    if (!json_is_integer(json) || x < low[element] || x > high[element])
        bad_cell(p, column, "a whole number in range");
    memcpy(out, &x, type_value_bytes((struct type){.element = element}));  // little-endian: the low bytes come first
}

static void add_scalar(struct parse *p, size_t column, enum element element, const json_t *json, char *out)
{
    if (element == ELEMENT_F32 || element == ELEMENT_F64 || element == ELEMENT_BF16)
        add_real(p, column, element, json, out);
    else
        add_integer(p, column, element, json, out);
}

static void add_value(struct parse *p, size_t column, struct type type, const json_t *json)
{
    struct builder *builder = p->open->builder;
    if (type.element == ELEMENT_STR) {
        if (!json_is_string(json))
            bad_cell(p, column, "a string");
        builder_text(builder, column, json_string_value(json), json_string_length(json));
        return;
    }
    char small[64], *value = small;
    if (type_value_bytes(type) > sizeof small)
        value = memory_resize(NULL, type_value_bytes(type), 1);
    if (type.dim == 0)
        add_scalar(p, column, type.element, json, value);
    else if (!json_is_array(json) || json_array_size(json) != type.dim)
        bad_cell(p, column, "an array of that many numbers");
    for (size_t i = 0; i < type.dim; i++)
        add_scalar(p, column, type.element, json_array_get(json, i), value + i * type_value_bytes((struct type){.element = type.element}));
    builder_value(builder, column, value);
    if (value != small)
        free(value);
}

static void add_row(struct parse *p)
{
    if (p->open == NULL)
        bad(p, "a row before its frame: wanted {\"frame\": \"NAME\"}");
    const struct schema *schema = p->open->schema;
    if (json_array_size(p->json) != schema->n)
        die(EXIT_INPUT, "%s: line %zu: %zu cells, but table %s has %zu columns", p->name, p->line, json_array_size(p->json),
            quoted_text(schema->table), schema->n);
    for (size_t i = 0; i < schema->n; i++) {
        const json_t *cell = json_array_get(p->json, i);
        struct type type = schema->columns[i].type;
        if (!type.list) {
            add_value(p, i, type, cell);
            continue;
        }
        if (!json_is_array(cell))
            bad_cell(p, i, "an array");
        for (size_t j = 0; j < json_array_size(cell); j++)
            add_value(p, i, type, json_array_get(cell, j));
    }
    builder_row(p->open->builder);
}

static void take_line(struct parse *p)
{
    if (p->ended)
        bad(p, "a line after the end");
    if (json_is_array(p->json) && p->writer != NULL) {
        add_row(p);
        return;
    }
    if (p->writer == NULL) {
        take_header(p);
        return;
    }
    close_frame(p);
    if (json_object_get(p->json, "frame") != NULL)
        open_frame(p);
    else if (json_object_get(p->json, "table") != NULL)
        take_schema(p);
    else if (json_object_get(p->json, "end") != NULL)
        take_end(p);
    else
        bad(p, "wanted a table, frame or end, or the cells of a row");
}

uint64_t lines_parse(const char *path, const char *output)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct parse p = {.name = is_stdin ? "<stdin>" : path, .output = output};
    p.file = is_stdin ? stdin : fopen(path, "r");
    if (p.file == NULL)
        die(EXIT_WORLD, "open %s:", path);
    p.numbers = map_new();
    json_set_alloc_funcs(allocate, free);
    while (next_line(&p))
        take_line(&p);
    if (p.line == 0)
        die(EXIT_INPUT, "%s: empty input: wanted lines of JSON", p.name);
    if (!p.ended)
        die(EXIT_INPUT, "%s: truncated after line %zu: no end", p.name, p.line);
    writer_end(p.writer);
    if (!is_stdin)
        fclose(p.file);
    uint64_t rows = 0;
    for (size_t i = 0; i < p.n_tables; i++) {
        rows += p.tables[i].rows;
        builder_free(p.tables[i].builder);
    }
    free(p.tables);
    free(p.text);
    json_decref(p.json);
    map_free(p.numbers);
    arena_free(&p.lasting);
    return rows;
}
