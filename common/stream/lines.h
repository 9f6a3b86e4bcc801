// A stream as lines of JSON, for people, diffs and fixtures, and back again.
//
//     {"millrace": 1, "config": "", "history": [{"stage": "tokenize", "args": ["-c", "t.ini"], "version": "0.1.0"}]}
//     {"table": "t", "columns": {"id": "str", "x": "f32", "tags": "str*"}}
//     {"frame": "t", "rows": 2}
//     ["a", 1, []]
//     ["bc", -2.5, ["x", "y"]]
//     {"end": {"t": 2}}
//
// An object is a record, an array is a row of the frame above it; vectors and lists are arrays in the row. Numbers have the
// digits that bring back their bytes (f32 and bf16: 9, f64: 17). What JSON has no number for is a string: "inf", "-inf",
// "nan" (any other not-a-number with its bits: "nan:ffc00000"), and a u64 of 2^63 or more in decimal.
//
// By hand, "config", "history" and "rows" may be left out, {"end": {}} names no counts, and lines that are blank or begin
// with # are skipped. The end line is needed: without it the text is truncated.
#ifndef STREAM_LINES_H
#define STREAM_LINES_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/arena.h"
#include "common/stream/frame.h"
#include "common/stream/header.h"

// Writes lines, like a writer writes bytes: open, put every frame, end. The file is borrowed and its errors are the caller's.
struct lines *lines_begin(FILE *file, const struct header *header) __attribute__((warn_unused_result));
void lines_put(struct lines *lines, const struct frame *frame);
void lines_end(struct lines *lines);

// Reads lines from a path ("-" is stdin) and writes the stream they stand for to `output`, with no stage added to the
// history, so that lines of a stream become its bytes again. Returns the rows of all tables. Exit code 3 and the line's number for
// what is no such text.
uint64_t lines_parse(const char *path, const char *output);

// Appends one cell of a column.
//   exact  as in the lines; otherwise for people: strings bare, numbers in 6 digits, and no more than about `width_max` bytes
void lines_cell(struct bytes *out, const struct cells *cells, struct type type, size_t row, bool exact, size_t width_max);

// Appends text (UTF-8) with control characters, and those that turn the direction of writing, as \uNNNN;
// with `quotes`, as a JSON string.
void lines_text(struct bytes *out, const char *text, size_t length, bool quotes);

#endif
