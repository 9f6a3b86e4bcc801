#include "common/base/arena.h"

#include <stdlib.h>

#include "tests/unit.h"

static void arrays_are_aligned_and_apart(void)
{
    struct arena arena = {0};
    char *text = arena_text(&arena, "abc", 3);
    float *a = arena_array(&arena, 3, sizeof *a), *b = arena_array(&arena, 0, sizeof *b), *c = arena_zeros(&arena, 5, sizeof *c);
    EQUAL((uintptr_t)a % 64, 0);
    EQUAL((uintptr_t)c % 64, 0);
    CHECK(b != NULL);
    a[0] = a[2] = 1;
    EQUAL(c[0], 0);
    EQUAL(c[4], 0);
    SAME_TEXT(text, "abc");
    SAME_TEXT(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    arena_free(&arena);
    CHECK(arena.chunks == NULL);
}

static void texts_lie_close(void)
{
    struct arena arena = {0};
    char *first = arena_text(&arena, "a", 1), *last = first;
    for (int i = 0; i < 1000; i++)
        last = arena_text(&arena, "bc", 2);
    EQUAL(last - first, 2 + 999 * 3);
    arena_free(&arena);
}

static void large_arrays_and_reset(void)
{
    struct arena arena = {0};
    char *large = arena_array(&arena, 40 << 20, 1);
    large[0] = large[(40 << 20) - 1] = 1;
    EQUAL((uintptr_t)large % 64, 0);
    char *small = arena_array(&arena, 100, 1);
    small[0] = 2;
    arena_reset(&arena);
    CHECK(arena_array(&arena, 40 << 20, 1) == large);  // the largest chunk was kept
    arena_reset(&arena);
    for (size_t i = 0; i < 3000; i++)
        memset(arena_array(&arena, i, 1), 1, i);
    arena_free(&arena);
}

static void sizes_that_overflow_die(void)
{
    struct arena arena = {0};
    void *p;
    DIES(1, p = arena_array(&arena, SIZE_MAX / 2, 8); (void)p);
    DIES(1, p = memory_resize(NULL, SIZE_MAX, 2); (void)p);
    DIES(1, p = memory_zeros(SIZE_MAX / 3, 1); (void)p);
    DIES(1, p = memory_aligned(SIZE_MAX / 5, 1); (void)p);
    DIES(1, p = arena_text(&arena, "", SIZE_MAX / 2); (void)p);
}

static void aligned_memory(void)
{
    for (size_t n = 0; n < 300; n += 37) {
        char *p = memory_aligned(n, 3);
        EQUAL((uintptr_t)p % 64, 0);
        memset(p, 1, n * 3);
        free(p);
    }
}

static void growing(void)
{
    size_t capacity = 0;
    int *p = memory_grow(NULL, &capacity, 0, sizeof *p);
    CHECK(p != NULL && capacity == 16);
    p = memory_grow(p, &capacity, 17, sizeof *p);
    EQUAL(capacity, 32);
    p = memory_grow(p, &capacity, 1000, sizeof *p);
    EQUAL(capacity, 1000);
    free(p);
}

static void bytes_end_in_zero(void)
{
    struct bytes bytes = {0};
    bytes_add(&bytes, NULL, 0);
    SAME_TEXT(bytes.data, "");
    for (int i = 0; i < 100; i++)
        bytes_printf(&bytes, "%d,", i);
    EQUAL(bytes.length, 290);
    EQUAL(bytes.data[290], 0);
    bytes_add(&bytes, "a\0b", 3);
    EQUAL(bytes.data[292], 'b');
    free(bytes.data);
}

static void the_limit_holds(void)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    void *p;
    DIES(1, memory_limit(1 << 20); p = memory_aligned((size_t)300 << 20, 1); (void)p);
    DIES(99, memory_limit((size_t)100 << 20); p = memory_aligned((size_t)300 << 20, 1); (void)p);
#endif
}

UNIT_MAIN(UNIT(arrays_are_aligned_and_apart), UNIT(texts_lie_close), UNIT(large_arrays_and_reset), UNIT(sizes_that_overflow_die),
          UNIT(aligned_memory), UNIT(growing), UNIT(bytes_end_in_zero), UNIT(the_limit_holds))
