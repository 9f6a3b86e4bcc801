// Rows of fields out of a text file, whatever its format.
//
//     struct rows *rows = rows_open("u.item", ROWS_PSV, ',', true, NULL, 0);
//     struct row row;
//     while (rows_next(rows, &row))
//         if (row.bad == NULL) ...                               // valid until the next call
//
// csv is RFC 4180, strictly: a quote only at the start of a field, doubled inside, its end followed by a separator or the line's end;
// spaces belong to fields. The other formats know no quotes: a field is what stands between separators. jsonl is one JSON
// object a line. lists are words between spaces or tabs, "user item item ...": a row of two fields for every item of a line, and none for
// a line with a user alone. recbole is tsv, whose header has a type behind each name. Streams: memory is bounded however long the file; a row has at
// most ROW_BYTES_MAX bytes.
#ifndef TEXT_ROWS_H
#define TEXT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text/line_reader.h"

enum rows_format { ROWS_CSV, ROWS_TSV, ROWS_DAT, ROWS_PSV, ROWS_JSONL, ROWS_LISTS, ROWS_RECBOLE };

struct field {
    const char *data;             // (length), then a zero byte
    size_t length;
    const struct field *items;    // of a JSON array, else NULL
    size_t n_items;
};

struct row {
    size_t line;                  // where it begins, from 1
    const char *bad;              // why it is no row, or NULL
    const struct field *fields;   // (n)
    size_t n;
};

// separator  of csv, another ASCII character than a quote
// names      (n_names), for jsonl only: the members to take, in the order of the fields; borrowed. null is an empty field.
struct rows *rows_open(const char *path, enum rows_format format, char separator, bool latin1, const char *const *names, size_t n_names)
    __attribute__((warn_unused_result));

bool rows_next(struct rows *rows, struct row *row) __attribute__((warn_unused_result));

// The name for messages: the path, or "<stdin>".
const char *rows_name(const struct rows *rows);
void rows_close(struct rows *rows);

#endif
