// Tables in memory: frames of rows. What their columns hold is schema.h, how frames are made builder.h.
//
//     const struct cells *ids = frame_column(&frame, "user_id", "str");     // dies with one line if it is not there
//     for (size_t i = 0; i < frame.rows; i++) {
//         struct text id = cells_text(ids, i);
//     }
//     const float *ratings = frame_column(&frame, "rating", "f32")->values;  // (rows)
//
// A frame is columns side by side; what a column looks like follows from its type:
//
//     f32       values (rows)                                   fixed width: u8 i32 u32 i64 u64 f32 f64 bf16
//     f32[8]    values (rows, 8), row-major                     a vector a row
//     u32*      lists (rows + 1), values (lists[rows])          row i is values[lists[i] .. lists[i + 1])
//     str       texts (rows + 1), bytes                         row i is bytes[texts[i] .. texts[i + 1]), UTF-8, no terminator
//     str*      lists (rows + 1), texts (lists[rows] + 1), bytes
#ifndef STREAM_FRAME_H
#define STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stream/schema.h"

struct text {
    const char *data;
    size_t length;
};

struct cells {
    const uint32_t *lists;  // NULL unless the type is a list
    const uint32_t *texts;  // NULL unless the element is str
    const void *values;
    size_t n;               // values: rows, or lists[rows]
};

struct frame {
    const struct schema *schema;
    size_t rows;            // 0 where a table is only announced (see reader.h)
    struct cells *cells;    // (schema->n)
    const char *place;      // "movies.mp: frame 12", for messages; NULL if made by this process
};

bool is_table(const struct frame *frame, const char *table);

// The column of this name and type; ends the process with exit code 3 and a line that says what was found and what
// was wanted. frame_column_if returns NULL if there is no such column, and dies only if its type is another.
const struct cells *frame_column(const struct frame *frame, const char *name, const char *type);
const struct cells *frame_column_if(const struct frame *frame, const char *name, const char *type);

// A column of texts: a str column as it is, an i64 column in decimal (in the arena). For keys, which may be either.
const struct cells *frame_texts(const struct frame *frame, const char *name, struct arena *arena);

// A column of numbers (u8 i32 u32 i64 u64 f32 f64) as f64: (rows), in the arena or as it is.
const double *frame_numbers(const struct frame *frame, const char *name, struct arena *arena);

// The bytes of a row of a column of this type: (*n). For fingerprints; where items of lists of texts end is not in them.
const void *cells_row(const struct cells *cells, struct type type, size_t row, size_t *n);

// The text of value i of a str or str* column.
static inline struct text cells_text(const struct cells *cells, size_t i)
{
    return (struct text){(const char *)cells->values + cells->texts[i], cells->texts[i + 1] - cells->texts[i]};
}

// Bytes of all columns of the frame, without fillers.
size_t frame_bytes(const struct frame *frame);

// The frame without one of its columns; its schema lives in the arena, the rest is shared.
struct frame frame_without(const struct frame *frame, size_t column, struct arena *arena);

// The chosen rows of a frame, in the given order, copied into the arena.
//   rows  (n)  row numbers of `frame`; may repeat
struct frame frame_select(const struct frame *frame, const uint32_t *rows, size_t n, struct arena *arena);

// Appends the values of one row, column by column, so that rows of one schema are equal if their bytes are.
void frame_row_bytes(const struct frame *frame, size_t row, struct bytes *out);

// Rows [from, to) of a frame; shares its memory but for the offsets of ragged columns, which go into the arena.
struct frame frame_slice(const struct frame *frame, size_t from, size_t to, struct arena *arena);

#endif
