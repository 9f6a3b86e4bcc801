#include "common/index/blocks.h"

#include <string.h>

enum { SHIFT_MAX = 40, FRAME_BYTES_MAX = 32 << 20 };

size_t blocks_rows(size_t most, size_t value_bytes)
{
    while (most > 1 && most * value_bytes > FRAME_BYTES_MAX)
        most /= 2;
    return most;
}

struct blocks blocks_over(const void *data, size_t rows, size_t value_bytes, struct arena *arena)
{
    struct blocks blocks = {.n = 1, .rows = rows, .value_bytes = value_bytes, .shift = SHIFT_MAX};
    blocks.data = arena_array(arena, 1, sizeof *blocks.data);
    blocks.data[0] = data;
    return blocks;
}

// The power of two of rows that all frames but the last have, which has no more; SHIFT_MAX if there is none.
static unsigned shift_of(const struct frame *frames, size_t n)
{
    unsigned shift = 0;
    if (n < 2)
        return SHIFT_MAX;
    while ((size_t)1 << shift < frames[0].rows)
        shift++;
    for (size_t i = 0; i < n; i++)
        if (i + 1 < n ? frames[i].rows != (size_t)1 << shift : frames[i].rows > (size_t)1 << shift)
            return SHIFT_MAX;
    return shift;
}

struct blocks blocks_open(const struct held *table, const char *column, const char *type, struct arena *arena)
{
    size_t n, value_bytes = 0;
    const struct frame *frames = held_frames(table, &n);
    unsigned shift = shift_of(frames, n);
    struct blocks blocks = {.rows = held_rows(table), .n = n, .shift = shift};
    blocks.data = arena_array(arena, n + 1, sizeof *blocks.data);
    for (size_t i = 0; i < n; i++) {
        blocks.data[i] = frame_column(&frames[i], column, type)->values;
        value_bytes = type_value_bytes(frames[i].schema->columns[schema_find(frames[i].schema, column)].type);
    }
    blocks.value_bytes = value_bytes;
    if (shift < SHIFT_MAX || n < 2)
        return blocks;
    unsigned char *all = arena_array(arena, blocks.rows, value_bytes), *at = all;
    for (size_t i = 0; i < n; at += frames[i++].rows * value_bytes)
        memcpy(at, blocks.data[i], frames[i].rows * value_bytes);
    return blocks_over(all, blocks.rows, value_bytes, arena);
}
