// Frames made row by row, and tables gathered from their frames.
#ifndef STREAM_BUILDER_H
#define STREAM_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stream/frame.h"

// A frame made row by row.
//
//     struct builder *b = builder_new(schema);
//     builder_text(b, 0, "42", 2);
//     builder_value(b, 1, &rating);
//     builder_row(b);
//     if (builder_full(b))
//         builder_flush(b, out);                      // see writer.h
//
// For a list column any number of values is added before builder_row closes the row. The frame is borrowed until
// the next call. A builder is full at 65,536 rows or 8 MiB.
struct builder *builder_new(const struct schema *schema);
void builder_value(struct builder *builder, size_t column, const void *value);
void builder_text(struct builder *builder, size_t column, const void *text, size_t length);
void builder_row(struct builder *builder);
bool builder_full(const struct builder *builder);
const struct frame *builder_frame(struct builder *builder);
void builder_clear(struct builder *builder);
void builder_free(struct builder *builder);

// Room for one whole table that is gathered from its frames, columns end to end.
//
//     struct gather *movies = gather_new();
//     while (reader_next(in, &frame)) if (is_table(&frame, "movies")) gather_add(movies, &frame);
//     const struct frame *all = gather_frame(movies);     // one frame of all rows; borrowed
//
// Holds the table whole: for catalogues and parameters, not for interactions. gather_frame returns NULL if the table never
// came. Ends the process with exit code 3 at 2^31 rows or list values, or 4 GiB of text in a column.
struct gather *gather_new(void);
void gather_add(struct gather *gather, const struct frame *frame);
const struct frame *gather_frame(struct gather *gather);
void gather_free(struct gather *gather);

#endif
