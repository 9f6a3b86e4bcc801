#define _DEFAULT_SOURCE  // madvise
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "common/base/die.h"

enum { ALIGNMENT = 64, CHUNK_BYTES = 64 << 10, HUGE_PAGE_BYTES = 2 << 20 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t capacity;
    alignas(ALIGNMENT) char data[];
};

static size_t limit_bytes = SIZE_MAX;

static _Noreturn void out_of_memory(void)
{
    if (limit_bytes == SIZE_MAX)
        die(EXIT_WORLD, "out of memory");
    die(EXIT_WORLD, "out of memory: --memory allows %zu MiB", limit_bytes >> 20);
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4)
        out_of_memory();
    return bytes;
}

void *memory_aligned(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    size_t alignment = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : ALIGNMENT;
    bytes = (bytes + alignment) / alignment * alignment;
    void *p = aligned_alloc(alignment, bytes);
    if (p == NULL)
        out_of_memory();
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE_BYTES && bytes >= (size_t)8 * HUGE_PAGE_BYTES)
        madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = (product(count, size) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->capacity - arena->used < bytes) {
        size_t capacity = chunk == NULL ? CHUNK_BYTES : chunk->capacity * 2;
        if (capacity > (size_t)16 << 20)
            capacity = (size_t)16 << 20;
        if (capacity < bytes)
            capacity = bytes;
        struct arena_chunk *newer = memory_aligned(1, sizeof *newer + capacity);
        newer->older = chunk;
        newer->capacity = capacity;
        arena->chunks = chunk = newer;
        arena->used = 0;
    }
    void *p = chunk->data + arena->used;
    arena->used += bytes;
    return p;
}

void *arena_zeros(struct arena *arena, size_t count, size_t size)
{
    void *p = arena_array(arena, count, size);
    return memset(p, 0, count * size);
}

char *arena_text(struct arena *arena, const void *text, size_t length)
{
    char *copy = arena_array(arena, length + 1, 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_array(arena, (size_t)n + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

// Keeps the newest chunk, which is the largest but for oversize ones; after a few frames one chunk holds a whole frame.
void arena_reset(struct arena *arena)
{
    struct arena_chunk *kept = arena->chunks;
    if (kept == NULL)
        return;
    while (kept->older != NULL) {
        struct arena_chunk *older = kept->older;
        kept->older = older->older;
        free(older);
    }
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    free(arena->chunks);
    *arena = (struct arena){0};
}

void *memory_resize(void *old, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *p = realloc(old, bytes == 0 ? 1 : bytes);
    if (p == NULL)
        out_of_memory();
    return p;
}

void *memory_zeros(size_t count, size_t size)
{
    product(count, size);
    void *p = calloc(count == 0 ? 1 : count, size);
    if (p == NULL)
        out_of_memory();
    return p;
}

void *memory_grow(void *old, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity && old != NULL)
        return old;
    size_t larger = *capacity < 16 ? 16 : *capacity * 2;
    *capacity = larger < need ? need : larger;
    return memory_resize(old, *capacity, size);
}

void memory_limit(size_t bytes)
{
    limit_bytes = bytes;
#if defined RLIMIT_DATA && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0 || bytes > RLIM_INFINITY - MEMORY_CONSTANT_BYTES)
        return;
    rlim_t wanted = bytes + MEMORY_CONSTANT_BYTES;
    if (wanted < limit.rlim_cur) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_DATA, &limit);
    }
#endif
}

size_t memory_limit_bytes(void)
{
    return limit_bytes;
}

void bytes_add(struct bytes *bytes, const void *data, size_t length)
{
    bytes->data = memory_grow(bytes->data, &bytes->capacity, bytes->length + length + 1, 1);
    if (length > 0)
        memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
    bytes->data[bytes->length] = '\0';
}

void bytes_printf(struct bytes *bytes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    bytes->data = memory_grow(bytes->data, &bytes->capacity, bytes->length + (size_t)n + 1, 1);
    va_start(args, format);
    vsnprintf(bytes->data + bytes->length, (size_t)n + 1, format, args);
    va_end(args);
    bytes->length += (size_t)n;
}
