#define _DEFAULT_SOURCE  // madvise
#include "common/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/die.h"

enum {
    ALIGNMENT = 64,
    CHUNK_BYTES = 64 << 10,
    CHUNK_BYTES_MAX = 16 << 20,
    HUGE_PAGE_BYTES = 2 << 20,
    LARGE_BYTES = 16 << 20,  // from here on, what the alignment to huge pages wastes is small
};

// A sanitizer's shadow memory would count against the limit.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

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
    bool large = bytes >= LARGE_BYTES;
    size_t alignment = large ? HUGE_PAGE_BYTES : ALIGNMENT;
    bytes = bytes == 0 ? alignment : (bytes + alignment - 1) / alignment * alignment;
    void *p = aligned_alloc(alignment, bytes);
    if (p == NULL)
        out_of_memory();
#ifdef MADV_HUGEPAGE
    if (large)
        madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return p;
}

static void *take(struct arena *arena, size_t bytes, size_t alignment)
{
    struct arena_chunk *chunk = arena->chunks;
    arena->used = (arena->used + alignment - 1) / alignment * alignment;
    if (chunk == NULL || chunk->capacity < arena->used || chunk->capacity - arena->used < bytes) {
        size_t capacity = chunk == NULL ? CHUNK_BYTES : chunk->capacity * 2;
        if (capacity > CHUNK_BYTES_MAX)
            capacity = CHUNK_BYTES_MAX;
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

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    return take(arena, product(count, size), ALIGNMENT);
}

void *arena_zeros(struct arena *arena, size_t count, size_t size)
{
    void *p = arena_array(arena, count, size);
    return memset(p, 0, count * size);
}

char *arena_text(struct arena *arena, const void *text, size_t length)
{
    char *copy = take(arena, product(length, 1) + 1, 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    assert(format != NULL);  // or gcc warns under its sanitizers
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = take(arena, (size_t)n + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

// Keeps the largest chunk, so that after a few frames one chunk holds what a frame needs.
void arena_reset(struct arena *arena)
{
    struct arena_chunk *kept = NULL;
    for (struct arena_chunk *chunk = arena->chunks, *older; chunk != NULL; chunk = older) {
        older = chunk->older;
        bool larger = kept == NULL || chunk->capacity > kept->capacity;
        free(larger ? kept : chunk);
        kept = larger ? chunk : kept;
    }
    if (kept != NULL)
        kept->older = NULL;
    arena->chunks = kept;
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

#if defined RLIMIT_DATA && !SANITIZED
// Data memory in use already: libraries start threads before main, one a processor.
static size_t used_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    bool good = fscanf(file, "%*u %*u %*u %*u %*u %llu", &pages) == 1;
    fclose(file);
    return good ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
}
#endif

void memory_limit(size_t bytes)
{
    limit_bytes = bytes;
#if defined RLIMIT_DATA && !SANITIZED
    struct rlimit limit;
    size_t constant = MEMORY_CONSTANT_BYTES + used_bytes();
    if (getrlimit(RLIMIT_DATA, &limit) != 0 || bytes > RLIM_INFINITY - constant)
        return;
    rlim_t wanted = bytes + constant;
    if (wanted < limit.rlim_cur) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_DATA, &limit);
    }
#endif
}

void memory_exempt(void (*reserve)(size_t n), size_t n)
{
#if defined RLIMIT_DATA && !SANITIZED
    struct rlimit limit, lifted;
    if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        size_t before = used_bytes();
        lifted = (struct rlimit){limit.rlim_max, limit.rlim_max};
        setrlimit(RLIMIT_DATA, &lifted);
        reserve(n);
        size_t after = used_bytes();
        limit.rlim_cur += after > before ? after - before : 0;
        setrlimit(RLIMIT_DATA, &limit);
        return;
    }
#endif
    reserve(n);
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
