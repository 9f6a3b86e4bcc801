// libcsv pushes fields and rows at callbacks. Here they gather for one chunk of the file, fields end to end, and are handed out one
// row at a time. After a malformed row libcsv has lost its state, so a new parser begins on the next line.
#include "common/text/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"

enum { CHUNK_BYTES = 64 << 10 };

struct span {
    size_t start, length;  // of `text`
};

struct gathered {
    size_t line, fields;   // `fields`: end of its fields
    const char *bad;
};

struct csv {
    struct source *source;
    struct csv_parser parser;
    char *chunk;
    bool ended, skipping;         // skipping: the rest of a malformed line
    bool plain;                   // nothing but ASCII without zero bytes in the rows at hand
    struct bytes text;            // fields, a zero byte after each
    struct span *spans;
    struct gathered *rows;
    struct field *fields;
    size_t n_spans, n_rows, next, spans_capacity, rows_capacity, fields_capacity;
    size_t row_text, row_span;    // where the unfinished row begins
    size_t line;
    char separator;
};

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void parser_begin(struct csv *csv)
{
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
        die(EXIT_WORLD, "out of memory");
    csv_set_space_func(&csv->parser, no_space);
    csv_set_delim(&csv->parser, (unsigned char)csv->separator);
}

static void take_field(void *data, size_t length, void *context)
{
    struct csv *csv = context;
    if (csv->n_spans == csv->spans_capacity)
        csv->spans = memory_grow(csv->spans, &csv->spans_capacity, csv->n_spans + 1, sizeof *csv->spans);
    csv->spans[csv->n_spans++] = (struct span){csv->text.length, length};
    memcpy(csv->text.data + csv->text.length, data, length);
    csv->text.length += length + 1;
    csv->text.data[csv->text.length - 1] = '\0';
}

static size_t count_lines(const char *text, size_t length)
{
    size_t n = 0;
    for (const char *p = text, *end = text + length; length > 0 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        n++;
    return n;
}

static void close_row(struct csv *csv, const char *bad)
{
    csv->rows = memory_grow(csv->rows, &csv->rows_capacity, csv->n_rows + 1, sizeof *csv->rows);
    csv->rows[csv->n_rows++] = (struct gathered){csv->line, csv->n_spans, bad};
    csv->line += count_lines(csv->text.data + csv->row_text, csv->text.length - csv->row_text);
    csv->row_text = csv->text.length;
    csv->row_span = csv->n_spans;
}

static const char too_long[] = "a row of more than 1 MiB";

static void take_row(int ended_by, void *context)
{
    struct csv *csv = context;
    if (csv->n_spans > csv->row_span)  // else an empty line, or the LF after a CR
        close_row(csv, csv->text.length - csv->row_text > ROW_BYTES_MAX ? too_long : NULL);
    csv->line += ended_by == '\n';
}

// Gives up the row under way, with what is left of its line.
static void abandon_row(struct csv *csv, const char *why)
{
    close_row(csv, why);
    csv->line += count_lines((const char *)csv->parser.entry_buf, csv->parser.entry_pos);
    csv_free(&csv->parser);
    parser_begin(csv);
    csv->skipping = true;
}

// Makes room for all fields that n more bytes can complete: what libcsv holds back, the bytes, and a zero byte after each field.
static void reserve(struct csv *csv, size_t n)
{
    csv->text.data = memory_grow(csv->text.data, &csv->text.capacity, csv->text.length + csv->parser.entry_pos + 2 * n + 2, 1);
}

static void parse_chunk(struct csv *csv, const char *chunk, size_t n)
{
    reserve(csv, n);
    while (n > 0) {
        if (csv->skipping) {
            const char *lf = memchr(chunk, '\n', n);
            if (lf == NULL)
                return;
            n -= (size_t)(lf + 1 - chunk);
            chunk = lf + 1;
            csv->line++;
            csv->skipping = false;
        }
        size_t done = csv_parse(&csv->parser, chunk, n, take_field, take_row, csv);
        if (done < n && csv_error(&csv->parser) != CSV_EPARSE)
            die(EXIT_WORLD, "out of memory");
        if (done < n)
            abandon_row(csv, chunk[done] == '"' ? "a quote inside a field that does not begin with one"
                                                : "after a closing quote, wanted a separator or the line's end");
        else if (csv->text.length - csv->row_text + csv->parser.entry_pos > ROW_BYTES_MAX)
            abandon_row(csv, too_long);
        chunk += done;
        n -= done;
    }
}

// Forgets the rows handed out; the unfinished row moves to the front.
static void forget_rows(struct csv *csv)
{
    size_t kept = csv->text.length - csv->row_text;
    if (kept > 0)
        memmove(csv->text.data, csv->text.data + csv->row_text, kept);
    for (size_t i = csv->row_span; i < csv->n_spans; i++)
        csv->spans[i - csv->row_span] = (struct span){csv->spans[i].start - csv->row_text, csv->spans[i].length};
    csv->n_spans -= csv->row_span;
    csv->text.length = kept;
    csv->row_text = csv->row_span = csv->n_rows = csv->next = 0;
}

static bool is_plain(const char *text, size_t n)
{
    uint64_t all = 0, eight;
    size_t i = 0;
    for (; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        all |= eight;
    }
    for (; i < n; i++)
        all |= (unsigned char)text[i];
    return (all & 0x8080808080808080u) == 0 && memchr(text, '\0', n) == NULL;
}

static void parse_more(struct csv *csv)
{
    forget_rows(csv);
    size_t n = source_read(csv->source, csv->chunk, CHUNK_BYTES);
    if (n > 0) {
        csv->plain = (csv->plain || csv->text.length + csv->parser.entry_pos == 0) && is_plain(csv->chunk, n);
        parse_chunk(csv, csv->chunk, n);
        return;
    }
    csv->ended = true;
    reserve(csv, 0);
    if (!csv->skipping && csv_fini(&csv->parser, take_field, take_row, csv) != 0)
        abandon_row(csv, "a quote that is never closed");
}

struct csv *csv_open(struct source *source, char separator)
{
    struct csv *csv = memory_zeros(1, sizeof *csv);
    csv->source = source;
    csv->separator = separator;
    csv->chunk = memory_resize(NULL, CHUNK_BYTES, 1);
    csv->line = 1;
    parser_begin(csv);
    return csv;
}

bool csv_plain(const struct csv *csv)
{
    return csv->plain;
}

bool csv_next(struct csv *csv, struct row *row)
{
    while (csv->next == csv->n_rows) {
        if (csv->ended)
            return false;
        parse_more(csv);
    }
    const struct gathered *found = &csv->rows[csv->next];
    size_t from = csv->next > 0 ? csv->rows[csv->next - 1].fields : 0, n = found->fields - from;
    csv->next++;
    csv->fields = memory_grow(csv->fields, &csv->fields_capacity, n, sizeof *csv->fields);
    for (size_t i = 0; i < n; i++)
        csv->fields[i] = (struct field){.data = csv->text.data + csv->spans[from + i].start, .length = csv->spans[from + i].length};
    *row = (struct row){.line = found->line, .bad = found->bad, .fields = csv->fields, .n = n};
    return true;
}

void csv_close(struct csv *csv)
{
    source_close(csv->source);
    csv_free(&csv->parser);
    free(csv->chunk);
    free(csv->text.data);
    free(csv->spans);
    free(csv->rows);
    free(csv->fields);
    free(csv);
}
