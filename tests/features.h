// For unit tests of feature encoders: a feature by its call, and tables of one column out of JSON.
//
//     struct feature *feature = feature_of("hash(bins=10)");
//     const struct frame *rows = column_of("str", json_pack("[ss]", "a", "b"));      // the column is called x, as the feature
//     fit_ones(feature, rows);
#ifndef TESTS_FEATURES_H
#define TESTS_FEATURES_H

#include "common/model/feature.h"
#include "common/stream/builder.h"
#include "tests/golden.h"
#include "tests/unit.h"

// More lines of the section may follow the call: "lookup()\ndefault = none".
static inline struct feature *feature_of(const char *encode)
{
    static struct arena arena;
    struct config *config = config_from_text(arena_printf(&arena,
        "[table r]\npath = r\nheader = yes\n[table t]\npath = t\nheader = yes\nkey = x\n"
        "[data]\ninteractions = r\nquery = u\ncandidate = x -> t\n[feature x]\nencode = %s\n", encode), "test");
    return feature_new(config, config_feature(config, "x"));
}

static inline void add_value(struct builder *builder, size_t column, struct type type, json_t *item)
{
    int64_t i64 = json_integer_value(item);
    double f64 = golden_number(item);
    float f32 = (float)f64;
    if (type.element == ELEMENT_STR)
        builder_text(builder, column, json_string_value(item), json_string_length(item));
    else
        builder_value(builder, column, type.element == ELEMENT_I64 ? (const void *)&i64 : type.element == ELEMENT_F64 ? (const void *)&f64 : &f32);
}

// Columns of a table t, side by side: n names, types and JSON arrays of the same length. Lives as long as the process.
static inline const struct frame *columns_of(size_t n, const char *const *names, const char *const *types, json_t *const *values)
{
    static struct arena arena;
    struct schema *schema = schema_new(&arena, "t");
    for (size_t c = 0; c < n; c++)
        schema_add(schema, &arena, names[c], type_of(types[c]));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < json_array_size(values[0]); i++) {
        for (size_t c = 0; c < n; c++) {
            json_t *item = json_array_get(values[c], i);
            if (json_is_array(item) && type_of(types[c]).dim != 0) {
                size_t dim;
                builder_value(builder, c, golden_floats(item, &dim));
            } else if (json_is_array(item)) {
                for (size_t j = 0; j < json_array_size(item); j++)
                    add_value(builder, c, type_of(types[c]), json_array_get(item, j));
            } else {
                add_value(builder, c, type_of(types[c]), item);
            }
        }
        builder_row(builder);
    }
    return builder_frame(builder);
}

static inline const struct frame *column_of(const char *type, json_t *values)
{
    const char *name = "x";
    return columns_of(1, &name, &type, &values);
}

static inline void fit_ones(struct feature *feature, const struct frame *rows)
{
    uint32_t *ones = memory_zeros(rows->rows, sizeof *ones);
    for (size_t i = 0; i < rows->rows; i++)
        ones[i] = 1;
    feature_fit(feature, rows, ones);
    feature_fitted(feature);
    free(ones);
}

// The ids of a u32 column, or those of all lists of a u32* column end to end, are those of the JSON array.
static inline void ids_are(const struct feature *feature, const struct frame *rows, json_t *wanted)
{
    struct arena arena = {0};
    struct cells found = feature_encode(feature, rows, &arena);
    EQUAL(found.n, json_array_size(wanted));
    for (size_t i = 0; i < found.n; i++)
        EQUAL(((const uint32_t *)found.values)[i], json_integer_value(json_array_get(wanted, i)));
    arena_free(&arena);
}

// The lists of a u32* column are those of the JSON array of arrays, in which `pad` stands for nothing (-1: none does).
static inline void lists_are(const struct feature *feature, const struct frame *rows, json_t *wanted, int pad)
{
    struct arena arena = {0};
    struct cells found = feature_encode(feature, rows, &arena);
    const uint32_t *ids = found.values;
    EQUAL(rows->rows, json_array_size(wanted));
    for (size_t i = 0; i < rows->rows; i++) {
        uint32_t at = found.lists[i];
        for (size_t j = 0; j < json_array_size(json_array_get(wanted, i)); j++) {
            long long id = json_integer_value(json_array_get(json_array_get(wanted, i), j));
            if (id == pad)
                continue;
            CHECK(at < found.lists[i + 1]);
            EQUAL(ids[at++], id);
        }
        EQUAL(at, found.lists[i + 1]);
    }
    arena_free(&arena);
}

static inline void numbers_are(const struct feature *feature, const struct frame *rows, json_t *wanted, double tolerance)
{
    struct arena arena = {0};
    struct cells found = feature_encode(feature, rows, &arena);
    EQUAL(found.n, json_array_size(wanted));
    for (size_t i = 0; i < found.n; i++)
        NEAR((double)((const float *)found.values)[i], golden_number(json_array_get(wanted, i)), tolerance);
    arena_free(&arena);
}

// Writes the feature's table to a file and reads it back into another feature of the same call.
static inline struct feature *reloaded(struct feature *feature, const char *encode)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/unit_feature.%d", (int)getpid());
    struct writer *out = writer_open(path, NULL);
    feature_save(feature, out);
    writer_end(out);
    struct feature *copy = feature_of(encode);
    struct reader *in = reader_open(path);
    struct frame frame;
    while (reader_next(in, &frame))
        CHECK(feature_takes(copy, &frame));
    reader_close(in);
    remove(path);
    feature_ready(copy, "test");
    EQUAL(feature_ids(copy), feature_ids(feature));
    CHECK(type_equal(feature_type(copy), feature_type(feature)));
    return copy;
}

#endif
