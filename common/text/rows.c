#include "common/text/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/utf8.h"
#include "common/text/csv.h"
#include "common/text/jsonl.h"

struct rows {
    const char *name;
    enum rows_format format;
    struct csv *csv;            // csv only
    struct line_reader *lines;  // all others
    struct jsonl *jsonl;        // jsonl only
    struct field *fields;
    size_t fields_capacity;
    size_t list_line, n_words, next_word;  // lists only: of the line under way
    struct field pair[2];
    char bad[200];
};

struct rows *rows_open(const char *path, enum rows_format format, char separator, bool latin1, const char *const *names,
                       size_t n_names)
{
    struct rows *rows = memory_zeros(1, sizeof *rows);
    struct source *source = source_open(path, latin1);
    rows->name = source_name(source);
    rows->format = format;
    if (format == ROWS_CSV)
        rows->csv = csv_open(source, separator);
    else
        rows->lines = line_reader_open(source);
    if (format == ROWS_JSONL)
        rows->jsonl = jsonl_new(names, n_names);
    return rows;
}

// Whether text is UTF-8 without a zero byte; if not, says what it is.
static const char *bad_text(struct rows *rows, const char *text, size_t length)
{
    size_t at;
    if (!utf8_valid(text, length, &at)) {
        size_t from = at < 10 ? 0 : at - 10, to = length - at < 10 ? length : at + 10;
        snprintf(rows->bad, sizeof rows->bad, "invalid UTF-8: %s; if it is latin-1, give --set 'table NAME.encoding=latin-1'",
            quoted(text + from, to - from));
        return rows->bad;
    }
    return memchr(text, '\0', length) != NULL ? "a zero byte in the text" : NULL;
}

static void add_field(struct rows *rows, size_t n, const char *data, size_t length)
{
    rows->fields = memory_grow(rows->fields, &rows->fields_capacity, n + 1, sizeof *rows->fields);
    rows->fields[n] = (struct field){.data = data, .length = length};
}

// Cuts the line at a byte; the byte becomes the zero that ends the field.
static size_t cut_at_byte(struct rows *rows, struct line *line, char separator)
{
    size_t n = 0;
    char *p = line->data, *end = line->data + line->length;
    for (char *q; (q = memchr(p, separator, (size_t)(end - p))) != NULL; p = q + 1) {
        *q = '\0';
        add_field(rows, n++, p, (size_t)(q - p));
    }
    add_field(rows, n, p, (size_t)(end - p));
    return n + 1;
}

static size_t cut_at_colons(struct rows *rows, struct line *line)
{
    size_t n = 0;
    char *p = line->data, *end = line->data + line->length;
    for (char *from = p, *q; (q = memchr(from, ':', (size_t)(end - from))) != NULL;) {
        from = q + 1;
        if (*from != ':')
            continue;
        *q = '\0';
        add_field(rows, n++, p, (size_t)(q - p));
        p = from = q + 2;
    }
    add_field(rows, n, p, (size_t)(end - p));
    return n + 1;
}

static size_t cut_at_blanks(struct rows *rows, struct line *line)
{
    size_t n = 0;
    for (char *p = line->data, *end = line->data + line->length; p < end; p++) {
        size_t length = strcspn(p, " \t");
        if (length > 0)
            add_field(rows, n++, p, length);
        p += length;
        *p = '\0';
    }
    return n;
}

// The next item of the line under way, as a row of two.
static bool next_of_list(struct rows *rows, struct row *row)
{
    if (rows->next_word >= rows->n_words)
        return false;
    rows->pair[0] = rows->fields[0];
    rows->pair[1] = rows->fields[rows->next_word++];
    *row = (struct row){.line = rows->list_line, .fields = rows->pair, .n = 2};
    return true;
}

static bool next_of_csv(struct rows *rows, struct row *row)
{
    if (!csv_next(rows->csv, row))
        return false;
    for (size_t i = 0; i < row->n && row->bad == NULL && !csv_plain(rows->csv); i++)
        row->bad = bad_text(rows, row->fields[i].data, row->fields[i].length);
    return true;
}

// Its fields, in rows->fields.
static void cut_line(struct rows *rows, struct line *line, struct row *row)
{
    switch (rows->format) {
    case ROWS_TSV:
    case ROWS_RECBOLE:
        row->n = cut_at_byte(rows, line, '\t');
        break;
    case ROWS_PSV:
        row->n = cut_at_byte(rows, line, '|');
        break;
    case ROWS_DAT:
        row->n = cut_at_colons(rows, line);
        break;
    default:
        jsonl_row(rows->jsonl, line, row);
        return;
    }
    row->fields = rows->fields;
}

bool rows_next(struct rows *rows, struct row *row)
{
    struct line line;
    if (rows->format == ROWS_CSV)
        return next_of_csv(rows, row);
    while (!next_of_list(rows, row)) {
        if (!line_reader_next(rows->lines, &line))
            return false;
        *row = (struct row){.line = line.number, .bad = line.too_long ? "a line of more than 1 MiB" : NULL};
        if (row->bad == NULL)
            row->bad = bad_text(rows, line.data, line.length);
        if (row->bad != NULL)
            return true;
        if (rows->format != ROWS_LISTS) {
            cut_line(rows, &line, row);
            return true;
        }
        rows->list_line = line.number;
        rows->n_words = cut_at_blanks(rows, &line);
        rows->next_word = 1;
    }
    return true;
}

const char *rows_name(const struct rows *rows)
{
    return rows->name;
}

void rows_close(struct rows *rows)
{
    if (rows->csv != NULL)
        csv_close(rows->csv);
    if (rows->lines != NULL)
        line_reader_close(rows->lines);
    jsonl_free(rows->jsonl);
    free(rows->fields);
    free(rows);
}
