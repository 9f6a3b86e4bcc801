#include "common/stream/builder.h"
#include "common/stream/frame.h"

#include <stdlib.h>

#include "tests/unit.h"

static struct arena arena;

static void types(void)
{
    static const char *const good[] = {"u8", "i32", "u32*", "i64", "u64", "f32[32]", "f64[1]*", "bf16[1048576]", "str", "str*"};
    static const char *const bad[] = {"", "*", "u", "u16", "f32[", "f32]", "f32[]", "f32[0]", "f32[01]", "f32[-1]", "f32[1048577]",
                                      "f32[99999999999999999999]", "str[2]", "u32**", "f32*[2]", "f32 ", "f32[2]x", "[2]", "f32[2][2]"};
    struct type type;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(type_parse(good[i], strlen(good[i]), &type));
        SAME_TEXT(type_name(type), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!type_parse(bad[i], strlen(bad[i]), &type));
    CHECK(!type_parse("f32[2]", 4, &type));
    EQUAL(type_value_bytes(type_of("f32[8]*")), 32);
    EQUAL(type_value_bytes(type_of("bf16")), 2);
    EQUAL(type_value_bytes(type_of("str")), 1);
}

static struct schema *some_schema(void)
{
    struct schema *schema = schema_new(&arena, "t");
    schema_add(schema, &arena, "id", type_of("str"));
    schema_add(schema, &arena, "x", type_of("f32[3]"));
    schema_add(schema, &arena, "n", type_of("u64"));
    schema_add(schema, &arena, "l", type_of("u32*"));
    schema_add(schema, &arena, "s", type_of("str*"));
    schema_add(schema, &arena, "b", type_of("u8"));
    return schema;
}

// Row i: id "i" repeated i % 4 times, a list of i % 3 numbers i, i + 1, texts "i" i % 2 times.
static struct builder *some_rows(size_t n)
{
    struct builder *builder = builder_new(some_schema());
    for (uint32_t i = 0; i < n; i++) {
        char text[50] = "", one[12];
        size_t length = (size_t)snprintf(one, sizeof one, "%u", i);
        for (uint32_t j = 0; j < i % 4; j++)
            strcat(text, one);
        builder_text(builder, 0, text, strlen(text));
        builder_value(builder, 1, (float[]){(float)i, 2, 3});
        builder_value(builder, 2, &(uint64_t){i * 10000000000u});
        for (uint32_t j = 0; j < i % 3; j++)
            builder_value(builder, 3, &(uint32_t){i + j});
        for (uint32_t j = 0; j < i % 2; j++)
            builder_text(builder, 4, one, length);
        builder_value(builder, 5, &(uint8_t){(uint8_t)i});
        builder_row(builder);
    }
    return builder;
}

// Whether row `row` of the frame is row i of some_rows.
static bool is_row(const struct frame *frame, size_t row, uint32_t i)
{
    char one[12];
    size_t length = (size_t)snprintf(one, sizeof one, "%u", i);
    const struct cells *ids = frame_column(frame, "id", "str"), *lists = frame_column(frame, "l", "u32*"),
                       *texts = frame_column(frame, "s", "str*");
    if (cells_text(ids, row).length != length * (i % 4))
        return false;
    if (((const float *)frame_column(frame, "x", "f32[3]")->values)[row * 3] != (float)i ||
        ((const uint64_t *)frame_column(frame, "n", "u64")->values)[row] != i * 10000000000u ||
        ((const uint8_t *)frame_column(frame, "b", "u8")->values)[row] != (uint8_t)i)
        return false;
    if (lists->lists[row + 1] - lists->lists[row] != i % 3 || texts->lists[row + 1] - texts->lists[row] != i % 2)
        return false;
    for (uint32_t j = 0; j < i % 3; j++)
        if (((const uint32_t *)lists->values)[lists->lists[row] + j] != i + j)
            return false;
    if (i % 2 == 0)
        return true;
    struct text text = cells_text(texts, texts->lists[row]);
    return text.length == length && memcmp(text.data, one, length) == 0;
}

static void built_rows(void)
{
    for (size_t n = 0; n < 40; n += 1 + n / 4) {
        struct builder *builder = some_rows(n);
        const struct frame *frame = builder_frame(builder);
        EQUAL(frame->rows, n);
        for (size_t i = 0; i < n; i++)
            CHECK(is_row(frame, i, (uint32_t)i));
        builder_clear(builder);
        EQUAL(builder_frame(builder)->rows, 0);
        EQUAL(builder_frame(builder)->cells[0].texts[0], 0);
        EQUAL(builder_frame(builder)->cells[4].lists[0], 0);
        builder_free(builder);
    }
    builder_free(NULL);
}

static void a_full_builder(void)
{
    struct schema *schema = schema_new(&arena, "t");
    schema_add(schema, &arena, "x", type_of("u8"));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < 65536; i++) {
        CHECK(!builder_full(builder));
        builder_value(builder, 0, &(uint8_t){1});
        builder_row(builder);
    }
    CHECK(builder_full(builder));
    builder_free(builder);
}

static void selected_rows(void)
{
    struct builder *builder = some_rows(20);
    const uint32_t rows[] = {19, 0, 3, 3, 7};
    struct frame chosen = frame_select(builder_frame(builder), rows, 5, &arena);
    EQUAL(chosen.rows, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK(is_row(&chosen, i, rows[i]));
    chosen = frame_select(builder_frame(builder), rows, 0, &arena);
    EQUAL(chosen.rows, 0);
    EQUAL(chosen.cells[0].texts[0], 0);
    EQUAL(chosen.cells[3].lists[0], 0);
    builder_free(builder);
}

static void sliced_rows(void)
{
    struct builder *builder = some_rows(20);
    for (size_t from = 0; from <= 20; from++)
        for (size_t to = from; to <= 20; to++) {
            struct frame slice = frame_slice(builder_frame(builder), from, to, &arena);
            EQUAL(slice.rows, to - from);
            EQUAL(slice.cells[3].lists[0], 0);
            EQUAL(slice.cells[0].texts[0], 0);
            EQUAL(slice.cells[3].n, slice.cells[3].lists[to - from]);
            for (size_t i = from; i < to; i++)
                CHECK(is_row(&slice, i - from, (uint32_t)i));
        }
    struct frame part = frame_slice(builder_frame(builder), 5, 15, &arena), inner = frame_slice(&part, 5, 10, &arena);
    CHECK(is_row(&inner, 0, 10));
    EQUAL(frame_bytes(&part) > frame_bytes(&inner), 1);
    builder_free(builder);
}

static void gathered_frames(void)
{
    struct gather *gather = gather_new();
    CHECK(gather_frame(gather) == NULL);
    struct builder *builder = some_rows(20);
    const size_t cuts[] = {0, 0, 1, 8, 8, 20};
    for (size_t i = 0; i + 1 < 6; i++) {
        struct frame slice = frame_slice(builder_frame(builder), cuts[i], cuts[i + 1], &arena);
        gather_add(gather, &slice);
    }
    EQUAL(gather_frame(gather)->rows, 20);
    for (size_t i = 0; i < 20; i++)
        CHECK(is_row(gather_frame(gather), i, (uint32_t)i));
    EQUAL(frame_bytes(gather_frame(gather)), frame_bytes(builder_frame(builder)));
    struct schema *another = schema_new(&arena, "t");
    schema_add(another, &arena, "id", type_of("str"));
    struct builder *wrong = builder_new(another);
    DIES(3, gather_add(gather, builder_frame(wrong)));
    builder_free(wrong);
    builder_free(builder);
    gather_free(gather);
    gather_free(NULL);
}

static void missing_columns(void)
{
    struct builder *builder = some_rows(1);
    const struct frame *frame = builder_frame(builder);
    CHECK(frame_column_if(frame, "nope", "str") == NULL);
    DIES(3, (void)frame_column(frame, "nope", "str"));
    DIES(3, (void)frame_column(frame, "id", "u32"));
    DIES(3, (void)frame_column_if(frame, "id", "str*"));
    EQUAL(schema_find(frame->schema, "b"), 5);
    CHECK(schema_find(frame->schema, "") == SIZE_MAX);
    builder_free(builder);
}

static void schemas(void)
{
    struct schema *a = some_schema(), *copy = schema_copy(&arena, a);
    CHECK(schema_equal(a, copy));
    CHECK(schema_fault(a) == NULL);
    schema_add(copy, &arena, "x", type_of("u8"));
    CHECK(!schema_equal(a, copy));
    SAME_TEXT(schema_fault(copy), "table \"t\": two columns \"x\"");
    SAME_TEXT(schema_fault(schema_new(&arena, "e")), "table \"e\": 0 columns, wanted 1 to 1024");
    struct schema *wide = schema_new(&arena, "w");
    for (int i = 0; i < 1024; i++) {
        char name[12];
        snprintf(name, sizeof name, "c%d", i);
        schema_add(wide, &arena, name, type_of("u8"));
    }
    CHECK(schema_fault(wide) == NULL);
    SAME_TEXT(wide->columns[1023].name, "c1023");
    schema_add(wide, &arena, "one", type_of("u8"));
    CHECK(schema_fault(wide) != NULL);
    struct schema *named = schema_new(&arena, "n");
    schema_add(named, &arena, "\xff", type_of("u8"));
    CHECK(schema_fault(named) != NULL);
    CHECK(schema_fault(schema_new(&arena, "")) != NULL);
    arena_free(&arena);
}

UNIT_MAIN(UNIT(types), UNIT(built_rows), UNIT(a_full_builder), UNIT(selected_rows), UNIT(sliced_rows), UNIT(gathered_frames),
          UNIT(missing_columns), UNIT(schemas))
