// Tables in memory: column types, schemas, and frames of rows.
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

#include "common/base/arena.h"

enum element { ELEMENT_U8, ELEMENT_I32, ELEMENT_U32, ELEMENT_I64, ELEMENT_U64, ELEMENT_F32, ELEMENT_F64, ELEMENT_BF16, ELEMENT_STR };

struct type {
    enum element element;
    uint32_t dim;  // 0: a scalar; else the length of the vector
    bool list;
};

// Reads a type's name, such as "f32[32]"; false if it is none.
bool type_parse(const char *name, size_t length, struct type *type) __attribute__((warn_unused_result));

// The type's name; in one of eight static buffers.
const char *type_name(struct type type);

bool type_equal(struct type a, struct type b);

// Bytes of one value: 4 for f32 and for f32*, 32 for f32[8]; 1 for str (its values are bytes).
size_t type_value_bytes(struct type type);

enum { COLUMNS_MAX = 1024, DIM_MAX = 1 << 20, NAME_BYTES_MAX = 255, TABLES_MAX = 4096 };

struct column {
    const char *name;
    struct type type;
};

struct schema {
    const char *table;
    size_t n;
    struct column *columns;  // (n)
    const char *source;      // the stream it came from, for messages; NULL if made by this process. Borrowed for the life of the process
};

// A schema under construction; everything lives in the arena. The column's type is given by name.
struct schema *schema_new(struct arena *arena, const char *table);
void schema_add(struct schema *schema, struct arena *arena, const char *name, struct type type);
struct schema *schema_copy(struct arena *arena, const struct schema *schema);
struct type type_of(const char *name);  // for names that are constants of the program; asserts

bool schema_equal(const struct schema *a, const struct schema *b);

// What is wrong with a schema that came from outside, or NULL: a table has 1 to 1024 columns, all names are different, of
// 1 to 255 bytes of UTF-8. The message begins with the table's name; in a static buffer.
const char *schema_fault(const struct schema *schema);

// 'movies.mp: table "movies"', for messages about rows that were gathered or put aside, where no frame tells the place. In one of eight
// static buffers of the calling thread.
const char *schema_place(const struct schema *schema);

// The place of the column, or SIZE_MAX.
size_t schema_find(const struct schema *schema, const char *name);

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

// Frames made row by row.
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
