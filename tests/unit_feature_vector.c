#include "common/base/die.h"
#include "tests/features.h"

static int parent;  // the process that cleans up

static const char *file_of(const char *name, const void *bytes, size_t n)
{
    static char paths[4][64];
    static int turn;
    char *path = paths[turn++ % 4];
    parent = parent != 0 ? parent : (int)getpid();
    snprintf(path, 64, "/tmp/unit_feature_vector.%d.%s", parent, name);
    FILE *file = fopen(path, "wb");
    fwrite(bytes, 1, n, file);
    fclose(file);
    return path;
}

static const char words[] = "3 2\nfilm 1 2\nbook 3 4\nnobody 5 6\n";

static const char *call_of(const char *path, const char *more)
{
    static struct arena arena;
    return arena_printf(&arena, "vector(file=%s%s)", path, more);
}

static void vectors_are(const struct feature *feature, const struct frame *rows, const float *wanted, size_t n)
{
    struct arena arena = {0};
    struct cells found = feature_encode(feature, rows, &arena);
    EQUAL(found.n, rows->rows);
    CHECK(memcmp(found.values, wanted, n * sizeof *wanted) == 0);
    arena_free(&arena);
}

static struct feature *fitted(const char *call, const struct frame *rows)
{
    struct feature *feature = feature_of(call);
    fit_ones(feature, rows);
    return feature;
}

static void by_words(void)
{
    const char *path = file_of("vec", words, sizeof words - 1), *call = call_of(path, "");
    const struct frame *rows = column_of("str", json_pack("[ssss]", "book", "lamp", "film", "book"));
    static const float wanted[] = {3, 4, 0, 0, 1, 2, 3, 4};
    struct feature *feature = fitted(call, rows);
    SAME_TEXT(type_name(feature_type(feature)), "f32[2]");
    EQUAL(feature_ids(feature), 0);
    vectors_are(feature, rows, wanted, 8);
    struct feature *copy = reloaded(feature, call);  // the file is not needed any more
    remove(path);
    vectors_are(copy, rows, wanted, 8);
    feature_free(copy);
    feature_free(feature);
}

static void trained_further(void)
{
    const char *path = file_of("vec", words, sizeof words - 1), *call = call_of(path, ", trained=yes");
    const struct frame *rows = column_of("str", json_pack("[ssss]", "book", "lamp", "film", "book"));
    struct feature *feature = fitted(call, rows), *copy;
    SAME_TEXT(type_name(feature_type(feature)), "u32");
    EQUAL(feature_ids(feature), 3);
    ids_are(feature, rows, json_pack("[iiii]", 2, 0, 1, 2));
    copy = reloaded(feature, call);
    ids_are(copy, rows, json_pack("[iiii]", 2, 0, 1, 2));
    feature_free(copy);
    feature_free(feature);
    remove(path);
}

static const char *array_of_two(void)
{
    static char bytes[128] = "\x93NUMPY\x01";
    static const char head[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
    static const float values[] = {1, 2, 3, 4};
    bytes[7] = 0;
    bytes[8] = sizeof head - 1;
    bytes[9] = 0;
    memcpy(bytes + 10, head, sizeof head - 1);
    memcpy(bytes + 10 + sizeof head - 1, values, sizeof values);
    return file_of("npy", bytes, 10 + sizeof head - 1 + sizeof values);
}

static void by_rows(void)
{
    const char *path = array_of_two(), *ids = file_of("ids", "lamp\nfilm\n", 10);
    static const float in_order[] = {1, 2, 3, 4}, named[] = {3, 4, 0, 0};
    const struct frame *rows = column_of("str", json_pack("[ss]", "film", "book"));
    struct arena arena = {0};
    struct feature *feature = fitted(call_of(path, ""), rows);
    vectors_are(feature, rows, in_order, 4);
    feature_free(feature);
    feature = fitted(call_of(path, arena_printf(&arena, ", ids=%s", ids)), rows);
    vectors_are(feature, rows, named, 4);
    feature_free(feature);
    remove(path);
    remove(ids);
    arena_free(&arena);
}

static void a_given_column(void)
{
    struct feature *feature = feature_of("vector()"), *copy;
    const struct frame *rows = column_of("f32[3]", json_pack("[[fff],[fff]]", 1., 2., 3., 4., 5., 6.));
    static const float wanted[] = {1, 2, 3, 4, 5, 6}, zeros[3];
    fit_ones(feature, rows);
    SAME_TEXT(type_name(feature_type(feature)), "f32[3]");
    vectors_are(feature, rows, wanted, 6);
    copy = reloaded(feature, "vector()");
    vectors_are(copy, rows, wanted, 6);
    struct arena arena = {0};
    CHECK(memcmp(feature_encode_text(copy, "", 0, &arena).values, zeros, sizeof zeros) == 0);
    arena_free(&arena);
    feature_free(copy);
    feature_free(feature);
}

static void missing_is_counted(void)
{
    fit_ones(feature_of(call_of(file_of("vec", words, sizeof words - 1), "")), column_of("str", json_pack("[sss]", "a", "film", "a")));
    warnings_print();
}

static void other_rows(void) { fit_ones(feature_of(call_of(array_of_two(), "")), column_of("str", json_pack("[s]", "a"))); }
static void few_ids(void)
{
    struct arena arena = {0};
    fit_ones(feature_of(call_of(array_of_two(), arena_printf(&arena, ", ids=%s", file_of("ids", "a\n", 2)))), column_of("str", json_pack("[s]", "a")));
}
static void no_file(void) { feature_of("vector(trained=yes)"); }
static void file_is_missing(void) { fit_ones(feature_of("vector(file=/nowhere/x.npy)"), column_of("str", json_pack("[s]", "a"))); }
static void no_vector(void) { fit_ones(feature_of("vector()"), column_of("f32", json_pack("[f]", 1.))); }
static void not_finite(void)
{
    struct feature *feature = feature_of("vector()");
    const struct frame *rows = column_of("f32[2]", json_pack("[[fs]]", 1., "inf"));
    fit_ones(feature, rows);
    vectors_are(feature, rows, NULL, 0);
}

static void refused(void)
{
    COMPLAINS(99, "1 of 2 terms have no vector in", missing_is_counted);
    COMPLAINS(3, "has 2 rows, the tables 1", other_rows);
    COMPLAINS(3, "1 lines, but", few_ids);
    COMPLAINS(3, "want a file=", no_file);
    COMPLAINS(1, "open /nowhere/x.npy", file_is_missing);
    COMPLAINS(3, "column \"x\" is f32, wanted f32[n]", no_vector);
    COMPLAINS(3, "not finite", not_finite);
    char path[64];
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"vec", "npy", "ids"};
        snprintf(path, sizeof path, "/tmp/unit_feature_vector.%d.%s", parent, names[i]);
        remove(path);
    }
}

UNIT_MAIN(UNIT(by_words), UNIT(trained_further), UNIT(by_rows), UNIT(a_given_column), UNIT(refused))
