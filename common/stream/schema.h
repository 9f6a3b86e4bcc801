// What columns hold: types, and the schema of a table.
//
//     struct schema *schema = schema_new(&arena, "ratings");
//     schema_add(schema, &arena, "user_id", type_of("str"));
//     schema_add(schema, &arena, "rating", type_of("f32"));
#ifndef STREAM_SCHEMA_H
#define STREAM_SCHEMA_H

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

// f32[dim], and whether a type is that of any dim.
static inline struct type type_vector(size_t dim)
{
    return (struct type){.element = ELEMENT_F32, .dim = (uint32_t)dim};
}

static inline bool type_is_vector(struct type type)
{
    return type.element == ELEMENT_F32 && type.dim > 0 && !type.list;
}

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
void schema_add_all(struct schema *schema, struct arena *arena, const char *const (*columns)[2], size_t n);  // {name, type_of}, n of them
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

#endif
