// Memory: an arena for what lives together, and a checked allocator for what grows.
//
//     struct arena names = {0};
//     char *copy = arena_text(&names, text, length);
//     float *rows = arena_array(&names, n, sizeof *rows);     // 64-byte aligned, not cleared
//     arena_reset(&names);                                     // once per frame: keeps the memory, forgets the contents
//
// Sizes are count times size of one object; an overflow or a refusal of the system ends the process with
// exit code 1. `memory_limit` bounds what the process may take at all, so a hostile stream cannot eat the machine.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
    struct arena_chunk *chunks;  // newest first; the newest is being filled
    size_t used;                 // bytes used of the newest
};

void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((warn_unused_result));
void *arena_zeros(struct arena *arena, size_t count, size_t size) __attribute__((warn_unused_result));

// A copy that ends in a zero byte. Texts lie end to end, unaligned.
char *arena_text(struct arena *arena, const void *text, size_t length) __attribute__((warn_unused_result));
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3), warn_unused_result));

void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

// Like realloc and calloc; die instead of failing. Owned by the caller, released by free().
void *memory_resize(void *old, size_t count, size_t size) __attribute__((warn_unused_result));
void *memory_zeros(size_t count, size_t size) __attribute__((warn_unused_result));

// 64-byte aligned, not cleared; released by free(). Asks for huge pages where it is worth it.
void *memory_aligned(size_t count, size_t size) __attribute__((warn_unused_result));

// Makes room for `need` objects: *capacity at least doubles when it grows. Returns the array, moved or not.
void *memory_grow(void *old, size_t *capacity, size_t need, size_t size) __attribute__((warn_unused_result));

// Bounds the data memory of the process to `bytes` plus MEMORY_CONSTANT_BYTES (thread stacks, what libraries take) plus what was taken before the
// call. Beyond it allocation fails, that is, ends the process with one line. Called by stage_begin. Mapped files do not count.
#define MEMORY_CONSTANT_BYTES ((size_t)256 << 20)
void memory_limit(size_t bytes);

// Runs `reserve(n)` free of the limit, and does not count what it took: for libraries that do not bear to be refused. To be
// called while no other thread allocates.
void memory_exempt(void (*reserve)(size_t n), size_t n);

// Bytes that grow: a string or a buffer under construction. Start from {0}; release `data` by free().
struct bytes {
    char *data;
    size_t length, capacity;
};

void bytes_add(struct bytes *bytes, const void *data, size_t length);
void bytes_printf(struct bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
