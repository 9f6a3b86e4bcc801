// The frames of a table kept, so that rows can be looked up.
//
//     struct held *movies = held_new();
//     while (reader_next(in, &frame)) if (is_table(&frame, "movies")) held_add(movies, &frame, mapped);
//     size_t row = 4711;
//     const struct frame *part = held_find(movies, &row);      // the frame that has it; row is now its place there
//
// Frames of a mapped file are kept as they lie (they last); others are copied, small ones together; what was found is
// valid until the next held_add. For tables that are looked up; see gather
// (builder.h) for those that are wanted in one piece.
#ifndef STREAM_HELD_H
#define STREAM_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stream/frame.h"

struct held *held_new(void) __attribute__((warn_unused_result));

// `lasts`: the frame's memory stays valid as long as `held` (reader_map); otherwise it is copied.
void held_add(struct held *held, const struct frame *frame, bool lasts);

size_t held_rows(const struct held *held);

// The schema, or NULL if the table never came.
const struct schema *held_schema(const struct held *held);

// The rows in frames, in order: those that came or, where small ones were copied, several in one under the place of the first.
const struct frame *held_frames(const struct held *held, size_t *n);

// The frame that has this row, which must exist; *row becomes the row's place in it.
const struct frame *held_find(const struct held *held, size_t *row);

// The chosen rows in one frame, copied; valid until the next call of held_select.
//   rows  (n)  row numbers, rising or not; n > 0 and every one must exist
const struct frame *held_select(struct held *held, const uint32_t *rows, size_t n);

void held_free(struct held *held);

#endif
