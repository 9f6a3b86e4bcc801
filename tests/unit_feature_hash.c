#include "tests/features.h"

static const char *salt_argument(struct arena *arena, json_t *salt)
{
    if (salt == NULL)
        return "";
    if (json_is_integer(salt))
        return arena_printf(arena, ", salt=%lld", (long long)json_integer_value(salt));
    return arena_printf(arena, ", salt=(%lld, %lld)", (long long)json_integer_value(json_array_get(salt, 0)),
                        (long long)json_integer_value(json_array_get(salt, 1)));
}

static void as_keras_hashes(void)
{
    json_t *golden = golden_open("encoders");
    struct arena arena = {0};
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        if (strncmp(golden_name(golden, i), "hashing_", 8) != 0)
            continue;
        json_t *inputs = golden_inputs(golden, i), *texts = json_object_get(inputs, "strings");
        struct feature *feature = feature_of(arena_printf(&arena, "hash(bins=%lld, mask=%s%s)",
            (long long)json_integer_value(json_object_get(inputs, "num_bins")), json_object_get(inputs, "mask_value") != NULL ? "yes" : "no",
            salt_argument(&arena, json_object_get(inputs, "salt"))));
        EQUAL(feature_ids(feature), 10);
        const struct frame *rows = texts != NULL ? column_of("str", texts) : column_of("i64", json_object_get(inputs, "ints"));
        ids_are(feature, rows, json_object_get(golden_outputs(golden, i), "ids"));
        feature_free(feature);
        cases++;
    }
    EQUAL(cases, 5);
    arena_free(&arena);
    json_decref(golden);
}

static void as_tensorflow_crosses(void)
{
    static const char *const names[] = {"a", "b", "c"};
    json_t *golden = golden_open("crossing");
    struct arena arena = {0};
    for (size_t i = 0; i < golden_cases(golden); i++) {
        json_t *inputs = golden_inputs(golden, i), *columns = json_object_get(inputs, "columns"), *values[3];
        const char *types[3];
        size_t n = json_array_size(columns);
        for (size_t c = 0; c < n; c++) {
            values[c] = json_array_get(columns, c);
            types[c] = json_is_integer(json_array_get(values[c], 0)) ? "i64" : "str";
        }
        struct feature *feature = feature_of(arena_printf(&arena, "cross(a, b%s, bins=%lld%s)", n > 2 ? ", c" : "",
            (long long)json_integer_value(json_object_get(inputs, "num_bins")), salt_argument(&arena, json_object_get(inputs, "salt"))));
        ids_are(feature, columns_of(n, names, types, values), json_object_get(golden_outputs(golden, i), "ids"));
        feature_free(feature);
    }
    EQUAL(golden_cases(golden), 8);
    arena_free(&arena);
    json_decref(golden);
}

static void nothing_to_hash(void)
{
    struct feature *feature = feature_of("hash(bins=3)");
    fit_ones(feature, column_of("str", json_array()));
    ids_are(feature, column_of("str", json_array()), json_array());
    feature_ready(feature, "test");  // it has no table
    feature_free(feature);
    feature = feature_of("hash(bins=2, mask=yes)\ndefault = none");
    ids_are(feature, column_of("str", json_pack("[ss]", "", "x")), json_pack("[ii]", 1, 1));
    feature_free(feature);
}

static void no_bins(void) { feature_of("hash()"); }
static void one_bin(void) { feature_of("hash(bins=1, mask=yes)"); }
static void bad_salt(void) { feature_of("hash(bins=3, salt=(1, 2, 3))"); }
static void worse_salt(void) { feature_of("hash(bins=3, salt=(1, x))"); }
static void one_column(void) { feature_of("cross(a, bins=3)"); }
static void no_column(void) { ids_are(feature_of("cross(x, y, bins=3)"), column_of("str", json_pack("[s]", "a")), json_array()); }

static void refused(void)
{
    COMPLAINS(3, "test:13: feature \"x\": hash wants bins=N", no_bins);
    COMPLAINS(3, "leaves no id", one_bin);
    COMPLAINS(3, "wanted one whole number or two", bad_salt);
    COMPLAINS(3, "salt is \"x\"", worse_salt);
    COMPLAINS(3, "wanted cross(COLUMN, COLUMN", one_column);
    COMPLAINS(3, "no column \"y\"", no_column);
}

UNIT_MAIN(UNIT(as_keras_hashes), UNIT(as_tensorflow_crosses), UNIT(nothing_to_hash), UNIT(refused))
