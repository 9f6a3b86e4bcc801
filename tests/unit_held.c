#include "common/stream/held.h"
#include "tests/unit.h"

static struct frame numbers(struct arena *arena, uint32_t from, size_t n)
{
    struct schema *schema = schema_new(arena, "t");
    schema_add(schema, arena, "x", type_of("u32"));
    uint32_t *x = arena_array(arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = from + (uint32_t)i;
    struct cells *cells = arena_array(arena, 1, sizeof *cells);
    *cells = (struct cells){.values = x, .n = n};
    return (struct frame){.schema = schema, .rows = n, .cells = cells, .place = "here"};
}

static uint32_t value(const struct frame *frame, size_t row)
{
    return ((const uint32_t *)frame_column(frame, "x", "u32")->values)[row];
}

static void rows_are_found(void)
{
    for (int lasts = 0; lasts < 2; lasts++) {
        struct held *held = held_new();
        struct arena arena = {0};
        CHECK(held_schema(held) == NULL);
        EQUAL(held_rows(held), 0);
        static const size_t sizes[] = {0, 3, 1, 0, 5};
        uint32_t at = 0;
        for (size_t i = 0; i < 5; i++) {
            struct frame frame = numbers(&arena, at, sizes[i]);
            held_add(held, &frame, lasts);
            at += (uint32_t)sizes[i];
            if (!lasts)
                arena_reset(&arena);
        }
        EQUAL(held_rows(held), 9);
        for (size_t i = 0; i < 9; i++) {
            size_t row = i;
            const struct frame *frame = held_find(held, &row);
            EQUAL(value(frame, row), i);
        }
        size_t n;
        held_frames(held, &n);
        EQUAL(n, lasts ? 3 : 1);  // small ones are copied together
        held_free(held);
        arena_free(&arena);
    }
}

// Frames of a row, and large ones between them: the rows as they came, in few pieces.
static void many_small_frames(void)
{
    enum { LARGE = 300000, SMALL = 20000 };
    struct held *held = held_new();
    struct arena arena = {0};
    uint32_t at = 0;
    for (size_t i = 0; i < SMALL + 2; i++) {
        size_t rows = i == 0 || i == SMALL / 2 ? LARGE : 1;
        struct frame frame = numbers(&arena, at, rows);
        held_add(held, &frame, false);
        at += (uint32_t)rows;
        arena_reset(&arena);
    }
    EQUAL(held_rows(held), at);
    size_t n;
    const struct frame *frames = held_frames(held, &n);
    EQUAL(n, 4);
    for (size_t i = 0; i < n; i++)
        SAME_TEXT(frames[i].place, "here");
    for (size_t i = 0; i < at; i++) {
        size_t row = i;
        const struct frame *frame = held_find(held, &row);
        EQUAL(value(frame, row), i);
    }
    held_free(held);
    arena_free(&arena);
}

static void rows_are_chosen_over_frames(void)
{
    struct held *held = held_new();
    struct arena arena = {0};
    for (uint32_t i = 0; i < 4; i++) {
        struct frame frame = numbers(&arena, 10 * i, 10);
        held_add(held, &frame, true);
    }
    static const uint32_t rows[] = {39, 0, 9, 10, 11, 11, 25, 3};
    const struct frame *chosen = held_select(held, rows, 8);
    EQUAL(chosen->rows, 8);
    for (size_t i = 0; i < 8; i++)
        EQUAL(value(chosen, i), rows[i]);
    chosen = held_select(held, rows + 3, 1);
    EQUAL(chosen->rows, 1);
    EQUAL(value(chosen, 0), 10);
    held_free(held);
    arena_free(&arena);
}

UNIT_MAIN(UNIT(rows_are_found), UNIT(many_small_frames), UNIT(rows_are_chosen_over_frames))
