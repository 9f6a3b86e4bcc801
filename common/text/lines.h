// A text file line by line, in bounded memory.
//
//     struct lines *lines = lines_open(source);                  // owns the source
//     struct line line;
//     while (lines_next(lines, &line))
//         ...                                                    // valid, and writable, until the next call
//
// A line ends in LF or CR LF, the last one perhaps in nothing. Empty lines are left out, but counted.
#ifndef TEXT_LINES_H
#define TEXT_LINES_H

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

struct lines *lines_open(struct source *source) __attribute__((warn_unused_result));
bool lines_next(struct lines *lines, struct line *line) __attribute__((warn_unused_result));
void lines_close(struct lines *lines);

#endif
