// A text file line by line, in bounded memory.
//
//     struct line_reader *lines = line_reader_open(source);      // owns the source
//     struct line line;
//     while (line_reader_next(lines, &line))
//         ...                                                   // valid, and writable, until the next call
//
// A line ends in LF or CR LF, the last one perhaps in nothing. Empty lines are left out, but counted.
#ifndef TEXT_LINE_READER_H
#define TEXT_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text/source.h"

enum { ROW_BYTES_MAX = 1 << 20 };

struct line {
    char *data;      // (length), then a zero byte; without the line's end
    size_t length;
    size_t number;   // from 1
    bool too_long;   // more than ROW_BYTES_MAX bytes: data is the beginning only
};

struct line_reader *line_reader_open(struct source *source) __attribute__((warn_unused_result));
bool line_reader_next(struct line_reader *lines, struct line *line) __attribute__((warn_unused_result));
void line_reader_close(struct line_reader *lines);

#endif
