#include <time.h>

#include "tests/features.h"

// As many numbers as `wanted` has, as texts of a list: "0, 1, 2.5".
static const char *listed(struct arena *arena, json_t *numbers)
{
    const char *text = "";
    for (size_t i = 0; i < json_array_size(numbers); i++)
        text = arena_printf(arena, "%s%s%.9g", text, i > 0 ? ", " : "", golden_number(json_array_get(numbers, i)));
    return text;
}

static json_t *finite(json_t *values, json_t *beside)
{
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(values); i++)
        if (!json_is_string(json_array_get(values, i)))
            json_array_append(kept, json_array_get(beside, i));
    return kept;
}

static json_t *case_of(json_t *golden, const char *name, json_t **outputs)
{
    for (size_t i = 0; i < golden_cases(golden); i++)
        if (strcmp(golden_name(golden, i), name) == 0) {
            *outputs = golden_outputs(golden, i);
            return golden_inputs(golden, i);
        }
    printf("# no case %s\n", name);
    exit(1);
}

static void given_boundaries(void)
{
    json_t *golden = golden_open("encoders"), *outputs, *inputs = case_of(golden, "discretization", &outputs);
    struct arena arena = {0};
    const char *encode = arena_printf(&arena, "bucketize((%s))", listed(&arena, json_object_get(inputs, "bin_boundaries")));
    struct feature *feature = feature_of(encode);
    json_t *values = json_object_get(inputs, "values");
    const struct frame *rows = column_of("f32", finite(values, values));
    fit_ones(feature, rows);
    EQUAL(feature_ids(feature), 5);
    json_t *ids = finite(values, json_object_get(outputs, "ids"));
    ids_are(feature, rows, ids);
    struct feature *copy = reloaded(feature, encode);
    ids_are(copy, rows, ids);
    feature_free(copy);
    feature_free(feature);
    arena_free(&arena);
    json_decref(golden);
}

// Times of MovieLens between their least and largest: f32 has steps of 64 s there.
static void even_boundaries(void)
{
    json_t *golden = golden_open("encoders"), *outputs, *inputs = case_of(golden, "discretization_ml100k_timestamps_1000", &outputs);
    struct feature *feature = feature_of("bucketize(linspace(1000))");
    fit_ones(feature, column_of("i64", json_pack("[OO]", json_object_get(inputs, "max"), json_object_get(inputs, "min"))));
    EQUAL(feature_ids(feature), 1001);
    ids_are(feature, column_of("i64", json_object_get(inputs, "values")), json_object_get(outputs, "ids"));
    struct feature *copy = reloaded(feature, "bucketize(boundaries=linspace(n=1000))");
    ids_are(copy, column_of("i64", json_object_get(inputs, "values")), json_object_get(outputs, "ids"));
    feature_free(copy);
    feature_free(feature);
    json_decref(golden);
}

static const float *boundaries_of(struct feature *feature, size_t *n)
{
    static struct arena arena;
    char path[64];
    snprintf(path, sizeof path, "/tmp/unit_feature.%d", (int)getpid());
    struct writer *out = writer_open(path, NULL);
    feature_save(feature, out);
    writer_end(out);
    struct reader *in = reader_open(path);
    struct frame frame;
    float *copy = NULL;
    for (*n = 0; reader_next(in, &frame);)
        if (frame.rows > 0) {
            *n = frame.rows;
            copy = arena_array(&arena, *n, sizeof *copy);
            memcpy(copy, frame_column(&frame, "boundary", "f32")->values, *n * sizeof *copy);
        }
    reader_close(in);
    remove(path);
    return copy;
}

static void quantiles_of_a_hundred(void)
{
    json_t *golden = golden_open("encoders"), *outputs, *inputs = case_of(golden, "discretization_adapt", &outputs), *values = json_array();
    for (int i = 1; i <= 100; i++)
        json_array_append_new(values, json_integer(i * 37 % 101));  // 1 to 100 in some order
    struct feature *feature = feature_of("bucketize(quantiles(4))");
    fit_ones(feature, column_of("f32", values));
    size_t n;
    const float *found = boundaries_of(feature, &n);
    EQUAL(n, 3);
    for (size_t i = 0; i < n; i++)  // Keras' are rounded in f32 on the way
        NEAR((double)found[i], golden_number(json_array_get(json_object_get(outputs, "bin_boundaries"), i)), 1e-6);
    ids_are(feature, column_of("f32", json_object_get(inputs, "values")), json_object_get(outputs, "ids"));
    feature_free(feature);
    json_decref(golden);
}

// Rows count as often as they occur; a share between two numbers is interpolated.
static void quantiles_of_few(void)
{
    static const uint32_t counts[] = {1, 0, 3};
    struct feature *feature = feature_of("bucketize(quantiles(8))");
    feature_fit(feature, column_of("f64", json_pack("[fff]", 1., 99., -3.)), counts);
    feature_fitted(feature);
    static const float wanted[] = {-3, -3, -3, -3, -3, -3, -1};  // -3 -3 -3 1: shares 1/2, 1, ..., 7/2 of a row
    size_t n;
    const float *found = boundaries_of(feature, &n);
    EQUAL(n, 7);
    for (size_t i = 0; i < n; i++)
        NEAR((double)found[i], (double)wanted[i], 1e-6);
    feature_free(feature);
}

static void buckets_of_nothing(void)
{
    static const char *const calls[] = {"bucketize(linspace(10))", "bucketize(quantiles(10))"};
    for (size_t i = 0; i < 2; i++) {
        struct feature *feature = feature_of(calls[i]), *copy;
        fit_ones(feature, column_of("f32", json_array()));
        EQUAL(feature_ids(feature), 1);
        ids_are(feature, column_of("f32", json_pack("[f]", 3.)), json_pack("[i]", 0));
        copy = reloaded(feature, calls[i]);
        feature_free(copy);
        feature_free(feature);
    }
    struct feature *feature = feature_of("bucketize(linspace(3))");  // one number
    fit_ones(feature, column_of("f32", json_pack("[f]", 2.)));
    ids_are(feature, column_of("f32", json_pack("[fff]", 1., 2., 3.)), json_pack("[iii]", 0, 3, 3));
    feature_free(feature);
}

static json_t *every_nth(json_t *rows, size_t column, size_t columns)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++)
        for (size_t c = 0; c < columns; c++)
            if (column == columns || c == column)
                json_array_append(out, json_array_get(json_array_get(rows, i), c));
    return out;
}

static void as_keras_normalizes(void)
{
    json_t *golden = golden_open("encoders"), *outputs, *inputs = case_of(golden, "normalization_axis_last", &outputs);
    for (size_t c = 0; c < 3; c++) {  // the third column is constant
        struct feature *feature = feature_of("normalize()"), *copy;
        const struct frame *rows = column_of("f32", every_nth(json_object_get(inputs, "values"), c, 3));
        json_t *wanted = every_nth(json_object_get(outputs, "normalized"), c, 3);
        fit_ones(feature, rows);
        EQUAL(feature_ids(feature), 0);
        numbers_are(feature, rows, wanted, 1e-6);
        copy = reloaded(feature, "normalize()");
        numbers_are(copy, rows, wanted, 1e-6);
        feature_free(copy);
        feature_free(feature);
    }
    inputs = case_of(golden, "normalization_axis_none", &outputs);
    struct feature *feature = feature_of("normalize()");
    const struct frame *rows = column_of("f64", every_nth(json_object_get(inputs, "values"), 3, 3));
    fit_ones(feature, rows);
    numbers_are(feature, rows, every_nth(json_object_get(outputs, "normalized"), 3, 3), 1e-6);
    feature_free(feature);
    inputs = case_of(golden, "normalization_given", &outputs);
    feature = feature_of("normalize(mean=3, variance=4)");
    rows = column_of("f32", json_object_get(inputs, "values"));
    fit_ones(feature, rows);
    numbers_are(feature, rows, json_object_get(outputs, "normalized"), 1e-6);
    feature_free(feature);
    json_decref(golden);
}

// Ours in f64 against Keras', which rounds x to 64 s and gathers in f32: 1e-5 of a deviation of 60 days.
static void times_lose_nothing(void)
{
    json_t *golden = golden_open("encoders"), *outputs, *inputs = case_of(golden, "normalization_ml100k_timestamps", &outputs);
    struct arena arena = {0};
    struct feature *feature = feature_of(arena_printf(&arena, "normalize(mean=%.17g, variance=%.17g)",
        golden_number(json_object_get(outputs, "float64_mean")), golden_number(json_object_get(outputs, "float64_variance"))));
    numbers_are(feature, column_of("i64", json_object_get(inputs, "values")), json_object_get(outputs, "normalized"), 3e-5);
    feature_free(feature);
    arena_free(&arena);
    json_decref(golden);
}

static void one_row_or_none(void)
{
    struct feature *feature = feature_of("normalize()");
    fit_ones(feature, column_of("i64", json_array()));
    numbers_are(feature, column_of("i64", json_pack("[i]", 7)), json_pack("[f]", 7.), 0);
    feature_free(feature);
    feature = feature_of("normalize()\ndefault = 3");
    fit_ones(feature, column_of("i64", json_pack("[i]", 3)));
    numbers_are(feature, column_of("f32", json_pack("[fs]", 3., "nan")), json_pack("[ff]", 0., 0.), 0);
    EQUAL(feature_missing(feature, column_of("f32", json_pack("[fs]", 3., "nan"))), 1);
    struct arena arena = {0};
    NEAR((double)*(const float *)feature_encode_text(feature, "", 0, &arena).values, 0, 0);
    feature_free(feature);
    feature = feature_of("normalize(mean=1, variance=1)");
    NEAR((double)*(const float *)feature_encode_text(feature, "4.5", 3, &arena).values, 3.5, 0);
    NEAR((double)*(const float *)feature_encode_text(feature, "", 0, &arena).values, 0, 0);
    DIES(3, (void)feature_encode_text(feature, "four", 4, &arena));
    feature_free(feature);
    arena_free(&arena);
}

// Against the C library's calendar.
static void parts_of_times(void)
{
    static const char *const calls[] = {"clock(hour)", "clock(weekday)", "clock(month)"};
    for (size_t c = 0; c < 3; c++) {
        struct feature *feature = feature_of(calls[c]);
        json_t *times = json_array(), *wanted = json_array();
        for (int64_t t = -4000000000; t < 8000000000; t += 86400 * 13 + 3599) {
            time_t time = (time_t)t;
            struct tm tm = *gmtime(&time);
            json_array_append_new(times, json_integer(t));
            json_array_append_new(wanted, json_integer(c == 0 ? tm.tm_hour : c == 1 ? (tm.tm_wday + 6) % 7 : tm.tm_mon));
        }
        ids_are(feature, column_of("i64", times), wanted);
        feature_free(feature);
        json_decref(times);
        json_decref(wanted);
    }
    struct feature *feature = feature_of("clock(hour, offset=-1.5)");
    EQUAL(feature_ids(feature), 24);
    ids_are(feature, column_of("i64", json_pack("[ii]", 3600, 5400)), json_pack("[ii]", 23, 0));
    feature_free(feature);
}

static void falling(void) { feature_of("bucketize((0, 2, 1))"); }
static void none(void) { feature_of("bucketize()"); }
static void half(void) { feature_of("normalize(mean=1)"); }
static void unknown(void) { feature_of("bucketize(linspace(1000, 3))"); }
static void not_a_number(void) { fit_ones(feature_of("normalize()"), column_of("f32", json_pack("[fs]", 1., "nan"))); }
static void infinite(void) { fit_ones(feature_of("bucketize(linspace(4))"), column_of("f32", json_pack("[s]", "inf"))); }
static void texts(void) { fit_ones(feature_of("normalize()"), column_of("str", json_pack("[s]", "1"))); }
static void bad_default(void) { fit_ones(feature_of("normalize()\ndefault = x"), column_of("f32", json_pack("[f]", 1.))); }

static void refused(void)
{
    COMPLAINS(3, "the boundaries do not rise: 1 comes after 2", falling);
    COMPLAINS(3, "wanted bucketize((0, 1, 2.5))", none);
    COMPLAINS(3, "mean and variance are given both", half);
    COMPLAINS(3, "linspace takes 1 arguments", unknown);
    COMPLAINS(3, "row 1: column \"x\" is missing, and there is no default in feature \"x\"", not_a_number);
    COMPLAINS(3, "row 0: column \"x\" is infinite", infinite);
    COMPLAINS(3, "column \"x\" is str, wanted f64", texts);
    COMPLAINS(3, "default is \"x\", wanted a number", bad_default);
}

UNIT_MAIN(UNIT(given_boundaries), UNIT(even_boundaries), UNIT(quantiles_of_a_hundred), UNIT(quantiles_of_few), UNIT(buckets_of_nothing),
          UNIT(as_keras_normalizes), UNIT(times_lose_nothing), UNIT(one_row_or_none), UNIT(parts_of_times), UNIT(refused))
