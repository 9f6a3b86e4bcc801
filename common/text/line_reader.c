#include "common/text/line_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { CHUNK_BYTES = 128 << 10 };

struct line_reader {
    struct source *source;
    char *buffer;
    size_t begin, end, capacity;  // unread bytes are [begin, end)
    size_t number;
    bool ended, skipping;         // skipping: the last line was too long, and its rest was not read yet
};

struct line_reader *line_reader_open(struct source *source)
{
    struct line_reader *lines = memory_zeros(1, sizeof *lines);
    lines->source = source;
    return lines;
}

// Reads more behind what is unread, which moves to the front of the buffer.
static void refill(struct line_reader *lines)
{
    size_t unread = lines->end - lines->begin;
    if (unread > 0)
        memmove(lines->buffer, lines->buffer + lines->begin, unread);
    lines->begin = 0;
    lines->end = unread;
    lines->buffer = memory_grow(lines->buffer, &lines->capacity, unread + CHUNK_BYTES + 1, 1);
    size_t n = source_read(lines->source, lines->buffer + unread, lines->capacity - unread - 1);
    lines->end += n;
    lines->ended = n == 0;
}

// The length of the line at `begin`, its end not counted, or SIZE_MAX where it is longer than allowed.
static size_t measure(struct line_reader *lines)
{
    for (size_t scanned = 0;;) {
        size_t unread = lines->end - lines->begin, at = lines->begin + scanned;  // at first there is no buffer
        const char *lf = unread > scanned ? memchr(lines->buffer + at, '\n', lines->end - at) : NULL;
        size_t length = lf != NULL ? (size_t)(lf - lines->buffer) - lines->begin : unread;
        if (length > ROW_BYTES_MAX)
            return SIZE_MAX;
        if (lf != NULL || lines->ended)
            return length;
        scanned = unread;
        refill(lines);
    }
}

// Passes over a line that is too long: when the next is asked for, as it may never end.
static void skip_line(struct line_reader *lines)
{
    for (;;) {
        char *start = lines->buffer + lines->begin;
        const char *lf = memchr(start, '\n', lines->end - lines->begin);
        lines->begin = lf != NULL ? (size_t)(lf - lines->buffer) + 1 : lines->end;
        if (lf != NULL || lines->ended)
            return;
        refill(lines);
    }
}

bool line_reader_next(struct line_reader *lines, struct line *line)
{
    if (lines->skipping)
        skip_line(lines);
    lines->skipping = false;
    for (;;) {
        size_t length = measure(lines);
        if (length == 0 && lines->ended && lines->begin == lines->end)
            return false;
        *line = (struct line){.number = ++lines->number, .too_long = length == SIZE_MAX};
        if (line->too_long) {
            static char nothing[1];
            line->data = nothing;
            lines->skipping = true;
            return true;
        }
        line->data = lines->buffer + lines->begin;
        line->length = length;
        lines->begin += length + (lines->begin + length < lines->end);
        if (length > 0 && line->data[length - 1] == '\r')
            line->length--;
        line->data[line->length] = '\0';
        if (line->length > 0)
            return true;
    }
}

void line_reader_close(struct line_reader *lines)
{
    source_close(lines->source);
    free(lines->buffer);
    free(lines);
}
