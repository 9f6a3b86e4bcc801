// A column of fixed-width values found by row number: where its frames lie, or copied into one piece if they are not all of the same power
// of two of rows, as frames are that went through a pipe.
//
//     struct blocks vectors = blocks_open(table, "vector", "u8[192]", &arena);
//     const uint8_t *vector = blocks_at(&vectors, row);
#ifndef INDEX_BLOCKS_H
#define INDEX_BLOCKS_H

#include <stddef.h>

#include "common/base/arena.h"
#include "common/stream/held.h"

struct blocks {
    const unsigned char **data;  // (n)
    size_t n, rows, value_bytes;
    unsigned shift;              // a block has 1 << shift rows, but for the last
};

// Dies with exit code 3 if the column is missing or of another type.
struct blocks blocks_open(const struct held *table, const char *column, const char *type, struct arena *arena);

// Rows a frame that need not be copied, nor be a great piece of the memory: a power of two where `most` is one, at most that, and of values together
// 32 MiB at most, unless it is a single row.
size_t blocks_rows(size_t most, size_t value_bytes);

// Over rows that lie in memory in one piece.
struct blocks blocks_over(const void *data, size_t rows, size_t value_bytes, struct arena *arena);

static inline const void *blocks_at(const struct blocks *blocks, size_t row)
{
    return blocks->data[row >> blocks->shift] + (row & (((size_t)1 << blocks->shift) - 1)) * blocks->value_bytes;
}

// How many rows from this one on, it included, lie behind each other.
static inline size_t blocks_run(const struct blocks *blocks, size_t row)
{
    size_t end = ((row >> blocks->shift) + 1) << blocks->shift;
    return (end < blocks->rows ? end : blocks->rows) - row;
}

#endif
