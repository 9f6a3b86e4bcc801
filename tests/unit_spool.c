#define _POSIX_C_SOURCE 200809L  // setenv
#include "common/stream/builder.h"
#include "common/stream/spool.h"

#include <stdlib.h>

#include "tests/unit.h"

static struct arena arena;

static struct builder *numbers(size_t n, uint32_t first)
{
    struct schema *schema = schema_new(&arena, first % 2 == 0 ? "even" : "odd");
    schema_add(schema, &arena, "x", type_of("u32"));
    schema_add(schema, &arena, "s", type_of("str*"));
    struct builder *builder = builder_new(schema);
    for (uint32_t i = first; i < first + n; i++) {
        builder_value(builder, 0, &i);
        for (uint32_t j = 0; j < i % 3; j++)
            builder_text(builder, 1, "abcdefgh", i % 9);
        builder_row(builder);
    }
    return builder;
}

static void check(const struct frame *frame, size_t n, uint32_t first)
{
    EQUAL(frame->rows, n);
    CHECK(is_table(frame, first % 2 == 0 ? "even" : "odd"));
    const uint32_t *x = frame_column(frame, "x", "u32")->values;
    const struct cells *s = frame_column(frame, "s", "str*");
    EQUAL(s->lists[0], 0);
    EQUAL(s->texts[0], 0);
    for (uint32_t i = 0; i < n; i++) {
        CHECK(x[i] == first + i);
        CHECK(s->lists[i + 1] - s->lists[i] == x[i] % 3);
        for (uint32_t j = s->lists[i]; j < s->lists[i + 1]; j++)
            CHECK(cells_text(s, j).length == x[i] % 9 && memcmp(cells_text(s, j).data, "abcdefgh", x[i] % 9) == 0);
    }
}

// Ten frames, one of them without rows, through a spool of so much memory.
static void through(size_t memory_bytes)
{
    struct spool *spool = spool_new(memory_bytes);
    size_t rows = 0;
    for (uint32_t i = 0; i < 10; i++) {
        struct builder *builder = numbers(i == 4 ? 0 : 100 * i + 1, i);
        spool_put(spool, builder_frame(builder));
        rows += builder_frame(builder)->rows;
        builder_free(builder);
    }
    EQUAL(spool_rows(spool), rows);
    struct frame frame;
    for (int round = 0; round < 3; round++) {
        spool_rewind(spool);
        for (uint32_t i = 0; i < 10; i++) {
            CHECK(spool_next(spool, &frame));
            check(&frame, i == 4 ? 0 : 100 * i + 1, i);
        }
        CHECK(!spool_next(spool, &frame));
    }
    spool_free(spool);
}

static void in_memory(void) { through(1 << 20); }
static void in_both(void) { through(20000); }
static void in_a_file(void) { through(0); }

static void nothing(void)
{
    struct spool *spool = spool_new(100);
    struct frame frame;
    CHECK(!spool_next(spool, &frame));
    spool_rewind(spool);
    CHECK(!spool_next(spool, &frame));
    spool_free(spool);
    spool_free(NULL);
}

static void no_folder(void)
{
    setenv("TMPDIR", "/nonexistent/folder", 1);
    DIES(1, through(0));
    DIES(99, through(1 << 20));
    setenv("TMPDIR", "", 1);
    DIES(99, through(0));
    arena_free(&arena);
}

UNIT_MAIN(UNIT(in_memory), UNIT(in_both), UNIT(in_a_file), UNIT(nothing), UNIT(no_folder))
