#include "common/config/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/stream/builder.h"
#include "common/text/numbers.h"
#include "common/text/rows.h"
#include "common/text/times.h"

enum { WARNINGS_MAX = 3 };

// One column of the table to write: from which field, and as what.
struct target {
    const struct config_column *config;
    size_t field;
    bool key;  // may not be empty
};

union value {
    int64_t i64;
    float f32;
    double f64;
};

struct text_table {
    const struct config_table *config;
    bool skips;              // malformed rows
    struct rows *rows;
    struct target *columns;  // (n)
    union value *values;     // (n)
    size_t n, n_fields;      // n_fields: in each row of the file
    bool more_fields;        // or more
    size_t n_rows, n_bad;
};

// A malformed row: the end, or counted and passed over.
static void refuse(struct text_table *table, const struct row *row, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void refuse(struct text_table *table, const struct row *row, const char *format, ...)
{
    char why[600];
    va_list list;
    va_start(list, format);
    vsnprintf(why, sizeof why, format, list);
    va_end(list);
    table->n_bad++;
    if (!table->skips)
        die(EXIT_INPUT, "%s:%zu: %s; --bad skip leaves such rows out", rows_name(table->rows), row->line, why);
    if (table->n_bad <= WARNINGS_MAX)
        warn("%s:%zu: row left out: %s", rows_name(table->rows), row->line, why);
}

// Reads a field as its column's type; false after refusing the row.
static bool read_value(struct text_table *table, const struct row *row, size_t i)
{
    static const char *const wanted[] = {
        [COLUMN_I64] = "a whole number", [COLUMN_F32] = "a number", [COLUMN_F64] = "a number",
        [COLUMN_TIME] = "seconds or a time such as 2013-04-03T20:05:07Z",
    };
    const struct target *column = &table->columns[i];
    const struct field *field = &row->fields[column->field];
    union value *value = &table->values[i];
    bool good = true, empty = column->config->optional && field->length == 0 && field->items == NULL;
    switch (empty ? COLUMN_STR : column->config->kind) {
    case COLUMN_I64:
        good = number_i64(field->data, field->length, &value->i64);
        break;
    case COLUMN_F32:
        good = number_f32(field->data, field->length, &value->f32);
        break;
    case COLUMN_F64:
        good = number_f64(field->data, field->length, &value->f64);
        break;
    case COLUMN_TIME:
        good = time_parse(field->data, field->length, &value->i64);
        break;
    default:
        break;
    }
    if (empty && column->config->kind == COLUMN_F32)
        value->f32 = NAN;
    else if (empty)
        value->f64 = NAN;
    if (good && field->items != NULL && column->config->kind != COLUMN_LIST)
        refuse(table, row, "%s is a list, wanted one value", column->config->name);
    else if (!good)
        refuse(table, row, "%s is %s, wanted %s", column->config->name, quoted(field->data, field->length), wanted[column->config->kind]);
    else if (column->key && field->length == 0)
        refuse(table, row, "%s is empty, but it is a key", column->config->name);
    else
        return true;
    return false;
}

// A JSON array as it is; text cut at the separator, without empty parts.
static void add_list(struct builder *builder, size_t i, const struct field *field, char separator)
{
    for (size_t j = 0; j < field->n_items; j++)
        builder_text(builder, i, field->items[j].data, field->items[j].length);
    for (const char *p = field->data, *end = p + field->length, *next; p < end; p = next + 1) {
        next = memchr(p, separator, (size_t)(end - p));
        if (next == NULL)
            next = end;
        if (next > p)
            builder_text(builder, i, p, (size_t)(next - p));
    }
}

// Checks the whole row before it adds a value, so that a malformed row leaves no trace.
static void take_row(struct text_table *table, const struct row *row, struct builder *builder)
{
    table->n_rows++;
    if (row->bad != NULL) {
        refuse(table, row, "%s", row->bad);
        return;
    }
    if (row->n != table->n_fields && !(table->more_fields && row->n > table->n_fields)) {
        refuse(table, row, "%zu fields, wanted %zu%s", row->n, table->n_fields, table->more_fields ? " or more" : "");
        return;
    }
    for (size_t i = 0; i < table->n; i++)
        if (!read_value(table, row, i))
            return;
    for (size_t i = 0; i < table->n; i++) {
        const struct config_column *column = table->columns[i].config;
        const struct field *field = &row->fields[table->columns[i].field];
        if (column->kind == COLUMN_STR)
            builder_text(builder, i, field->data, field->length);
        else if (column->kind == COLUMN_LIST)
            add_list(builder, i, field, column->separator);
        else
            builder_value(builder, i, &table->values[i]);
    }
    builder_row(builder);
}

static const struct schema *schema_of(const struct text_table *table, struct arena *arena)
{
    static const char *const types[] = {
        [COLUMN_STR] = "str", [COLUMN_I64] = "i64", [COLUMN_F32] = "f32",
        [COLUMN_F64] = "f64", [COLUMN_TIME] = "i64", [COLUMN_LIST] = "str*",
    };
    struct schema *schema = schema_new(arena, table->config->name);
    for (size_t i = 0; i < table->n; i++)
        schema_add(schema, arena, table->columns[i].config->name, type_of(types[table->columns[i].config->kind]));
    return schema;
}

// A header of one name with another separator in it: what to set. Or what the column may be called.
static void suggest(const struct text_table *table, const struct row *header, const char *name, struct bytes *text)
{
    const char *other = header->n == 1 && table->config->format == ROWS_CSV ? strpbrk(header->fields[0].data, ",;\t|") : NULL;
    if (other != NULL) {
        const char *word = *other == ',' ? "comma" : *other == ';' ? "semicolon" : *other == '\t' ? "tab" : "|";
        bytes_printf(text, "; try --set 'table %s.separator=%s'", table->config->name, word);
        return;
    }
    const char **names = memory_zeros(header->n, sizeof *names);
    for (size_t i = 0; i < header->n; i++)
        names[i] = header->fields[i].data;
    const char *near = nearest_word(name, names, header->n);
    if (near != NULL)
        bytes_printf(text, ", did you mean %s", quoted_text(near));
    free(names);
}

static _Noreturn void no_such_column(const struct text_table *table, const struct row *header, const char *name)
{
    struct bytes text = {0};
    for (size_t i = 0; i < header->n && text.length < 500; i++)
        bytes_printf(&text, "%s%s", i > 0 ? ", " : "", quoted(header->fields[i].data, header->fields[i].length));
    suggest(table, header, name, &text);
    die(EXIT_INPUT, "%s:%zu: no column %s: the header has %s", rows_name(table->rows), header->line, quoted_text(name), text.data);
}

// RecBole has a type behind the name.
static bool is_named(const struct text_table *table, const struct field *field, const char *name)
{
    size_t length = table->config->format == ROWS_RECBOLE ? strcspn(field->data, ":") : field->length;
    return strlen(name) == length && memcmp(field->data, name, length) == 0;
}

static size_t find_field(const struct text_table *table, const struct row *header, const char *name)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < header->n; i++) {
        if (!is_named(table, &header->fields[i], name))
            continue;
        if (found != SIZE_MAX)
            die(EXIT_INPUT, "%s:%zu: the header has column %s twice, as fields %zu and %zu", rows_name(table->rows), header->line,
                quoted_text(name), found + 1, i + 1);
        found = i;
    }
    if (found == SIZE_MAX)
        no_such_column(table, header, name);
    return found;
}

// The line with the names. A configuration that names no columns takes all of them.
static void read_header(struct text_table *table, struct row *header, struct config *config)
{
    if (!rows_next(table->rows, header))
        die(EXIT_INPUT, "%s: empty: no header line", rows_name(table->rows));
    if (header->bad != NULL)
        die(EXIT_INPUT, "%s:%zu: header: %s", rows_name(table->rows), header->line, header->bad);
    if (table->config->n_columns > 0)
        return;
    const char **names = memory_zeros(header->n, sizeof *names);
    for (size_t i = 0; i < header->n; i++)
        names[i] = header->fields[i].data;
    config_set_columns(config, table->config->name, names, header->n, rows_name(table->rows));
    free(names);
}

// Columns that refer to something: empty, they would all refer to the same nothing.
static bool is_key(const struct config *config, const struct config_table *table, const char *name)
{
    if (table->key != NULL && strcmp(name, table->key) == 0)
        return true;
    return config_is_interactions(config, table->name) &&
           (strcmp(name, config->query.column) == 0 || strcmp(name, config->candidate.column) == 0);
}

struct text_table *text_table_open(const struct config_table *from, struct config *config, bool skips)
{
    struct text_table *table = memory_zeros(1, sizeof *table);
    table->skips = skips;
    const char **names = memory_zeros(from->n_columns, sizeof *names);  // kept as long as the rows
    for (size_t i = 0; i < from->n_columns; i++)
        names[i] = from->columns[i].name;
    table->config = from;
    table->rows = rows_open(from->path, from->format, from->separator, from->latin1, names, from->n_columns);
    struct row header = {0};
    if (from->header)
        read_header(table, &header, config);
    table->n_fields = from->header ? header.n : from->n_columns;
    table->more_fields = from->rest_ignored;
    table->columns = memory_zeros(from->n_columns, sizeof *table->columns);
    table->values = memory_zeros(from->n_columns, sizeof *table->values);
    for (size_t i = 0; i < from->n_columns; i++) {
        const struct config_column *column = &from->columns[i];
        if (column->kind == COLUMN_SKIP)
            continue;
        size_t field = from->header ? find_field(table, &header, column->name) : i;
        table->columns[table->n++] = (struct target){column, field, is_key(config, from, column->name)};
    }
    return table;
}

void text_table_write(struct text_table *table, struct writer *out)
{
    struct arena arena = {0};
    struct builder *builder = builder_new(schema_of(table, &arena));
    struct progress progress = progress_begin("rows", 0);
    struct row row;
    while (rows_next(table->rows, &row)) {
        take_row(table, &row, builder);
        if (builder_full(builder)) {
            builder_flush(builder, out);
            progress_step(&progress, table->n_rows, "%s", table->config->name);
        }
    }
    progress_end(&progress);
    if (table->n_rows == 0 && !table->config->header)
        die(EXIT_INPUT, "%s: empty", rows_name(table->rows));
    if (table->n_bad > 0)
        warn("%s: %zu of %zu rows were malformed and left out", rows_name(table->rows), table->n_bad, table->n_rows);
    builder_flush(builder, out);
    builder_free(builder);
    rows_close(table->rows);
    arena_free(&arena);
}

size_t text_table_rows(const struct text_table *table)
{
    return table->n_rows;
}

size_t text_table_bad(const struct text_table *table)
{
    return table->n_bad;
}
