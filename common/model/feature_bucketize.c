// bucketize: a number as the id of the bucket that it falls into, as Keras' Discretization: left-closed, boundaries and numbers f32.
//
// Boundaries are given, or evenly spaced from the least to the largest number (numpy.linspace), or quantiles. Keras' adapt()
// approximates quantiles from a summary of at most a hundred points, batch by batch; these are exact: of all the numbers, each as
// often as its row occurs, sorted, the i-th of n buckets ends where linear interpolation reaches the share i / n. On the data that
// Keras summarises without loss the two agree to rounding.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/math/buckets.h"
#include "common/model/feature.h"

enum method { GIVEN, LINSPACE, QUANTILES };

struct bucketize {
    enum method method;
    size_t n;                   // boundaries of linspace, buckets of quantiles
    float *boundaries;          // (n_boundaries)
    size_t n_boundaries, boundaries_room;
    double low, high;           // seen
    float *seen;                // (n_seen) for quantiles
    uint32_t *often;
    size_t n_seen, seen_room, often_room;
};

static void add_boundary(struct bucketize *b, float x)
{
    b->boundaries = memory_grow(b->boundaries, &b->boundaries_room, b->n_boundaries + 1, sizeof *b->boundaries);
    b->boundaries[b->n_boundaries++] = x;
}

static void given(struct bucketize *b, const struct feature *feature, const char *text)
{
    struct arena arena = {0};
    const char **parts;
    size_t n = value_parts(&arena, text, &parts);
    for (size_t i = 0; i < n; i++) {
        add_boundary(b, (float)value_real(parts[i], "boundary", feature->config->place, -3e38, 3e38));
        if (i > 0 && b->boundaries[i] < b->boundaries[i - 1])
            die(EXIT_INPUT, "%s: feature %s: the boundaries do not rise: %g comes after %g", feature->config->place,
                quoted_text(feature->config->name), (double)b->boundaries[i], (double)b->boundaries[i - 1]);
    }
    arena_free(&arena);
}

// "(0, 1, 2.5)", "linspace(n)" or "quantiles(n)".
static void *bucketize_make(const struct feature *feature, const struct config *config)
{
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "boundaries, from", 1);
    const char *text = call_text(call, "boundaries") != NULL ? call_text(call, "boundaries") : call_position(call, 0);
    struct bucketize *b = memory_zeros(1, sizeof *b);
    b->low = INFINITY;
    b->high = -INFINITY;
    struct arena arena = {0};
    if (text == NULL)
        die(EXIT_INPUT, "%s: feature %s: wanted bucketize((0, 1, 2.5)), bucketize(linspace(n)) or bucketize(quantiles(n))",
            feature->config->place, quoted_text(feature->config->name));
    if (strncmp(text, "linspace", 8) != 0 && strncmp(text, "quantiles", 9) != 0) {
        given(b, feature, text);
        return b;
    }
    struct call method = call_parse(&arena, text, feature->config->place);
    b->method = strcmp(method.name, "linspace") == 0 ? LINSPACE : QUANTILES;
    call_known(&method, "n", 1);
    const char *n = call_text(&method, "n") != NULL ? call_text(&method, "n") : call_position(&method, 0);
    if (n == NULL)
        die(EXIT_INPUT, "%s: feature %s: wanted %s(n)", feature->config->place, quoted_text(feature->config->name), method.name);
    b->n = value_count(n, method.name, feature->config->place, 2, 1 << 24);
    arena_free(&arena);
    return b;
}

static void bucketize_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct bucketize *b = state;
    struct arena arena = {0};
    const double *x = feature_numbers(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows && b->method != GIVEN; i++) {
        if (counts[i] == 0)
            continue;
        b->low = x[i] < b->low ? x[i] : b->low;
        b->high = x[i] > b->high ? x[i] : b->high;
        if (b->method == QUANTILES) {
            b->seen = memory_grow(b->seen, &b->seen_room, b->n_seen + 1, sizeof *b->seen);
            b->often = memory_grow(b->often, &b->often_room, b->n_seen + 1, sizeof *b->often);
            b->seen[b->n_seen] = (float)x[i];
            b->often[b->n_seen++] = counts[i];
        }
    }
    arena_free(&arena);
}

// Rising bits for rising floats, and back.
static uint64_t key_of(float x)
{
    uint32_t bits;
    x += 0.0f;  // -0 is 0
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static float of_key(uint64_t key)
{
    uint32_t bits = key >> 31 ? (uint32_t)key & 0x7fffffffu : ~(uint32_t)key;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void find_quantiles(struct bucketize *b)
{
    uint64_t *keys = memory_aligned(b->n_seen, sizeof *keys), total = 0, below = 0;
    for (size_t i = 0; i < b->n_seen; i++) {
        keys[i] = key_of(b->seen[i]);
        total += b->often[i];
    }
    sort_keys(keys, b->often, b->n_seen);
    size_t at = 0;
    for (size_t q = 1; q < b->n && b->n_seen > 0; q++) {
        double share = (double)total * (double)q / (double)b->n;
        while (at < b->n_seen && (double)(below + b->often[at]) < share)
            below += b->often[at++];
        // The numbers number `below` and `below + 1` (from 1) are on both sides of the share, or equal.
        double high = (double)of_key(keys[at]), low = at > 0 ? (double)of_key(keys[at - 1]) : high;
        double part = share - (double)below;
        add_boundary(b, (float)(part >= 1 ? high : low + part * (high - low)));
    }
    free(keys);
}

static void bucketize_fitted(const struct feature *feature, void *state)
{
    (void)feature;
    struct bucketize *b = state;
    if (b->method == QUANTILES)
        find_quantiles(b);
    double step = (b->high - b->low) / (double)(b->n - 1);
    for (size_t i = 0; b->method == LINSPACE && b->low <= b->high && i < b->n; i++)
        add_boundary(b, (float)(i + 1 == b->n ? b->high : b->low + (double)i * step));
}

static struct cells bucketize_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct bucketize *b = state;
    const double *x = feature_numbers(feature, rows, arena);
    float *narrow = arena_array(arena, rows->rows, sizeof *narrow);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++)
        narrow[i] = (float)x[i];
    buckets_find(b->boundaries, b->n_boundaries, narrow, rows->rows, ids);
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t bucketize_ids(const void *state)
{
    return ((const struct bucketize *)state)->n_boundaries + 1;
}

static void bucketize_save(const void *state, const char *table, struct writer *out)
{
    const struct bucketize *b = state;
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, "boundary", type_of("f32"));
    struct cells cells = {.values = b->boundaries, .n = b->n_boundaries};
    writer_put_sliced(out, &(struct frame){.schema = schema, .rows = b->n_boundaries, .cells = &cells});
    arena_free(&arena);
}

static void bucketize_load(const struct feature *feature, void *state, const struct frame *frame)
{
    struct bucketize *b = state;
    if (b->method == GIVEN && !feature->loaded)
        b->n_boundaries = 0;  // they are in the configuration as well
    const float *boundaries = frame_column(frame, "boundary", "f32")->values;
    for (size_t i = 0; i < frame->rows; i++) {
        if (!isfinite(boundaries[i]) || (b->n_boundaries > 0 && boundaries[i] < b->boundaries[b->n_boundaries - 1]))
            die(EXIT_INPUT, "%s: table %s: row %zu: a boundary that is below the one before it, or not finite", frame->place,
                quoted_text(feature->table), b->n_boundaries);
        add_boundary(b, boundaries[i]);
    }
}

static void bucketize_free(void *state)
{
    struct bucketize *b = state;
    free(b->boundaries);
    free(b->seen);
    free(b->often);
    free(b);
}

const struct feature_kind feature_bucketize = {
    .name = "bucketize",
    .arguments = "(0, 1, 2.5) | linspace(n) | quantiles(n), from=",
    .help = "a number by its bucket, between boundaries that are given, even or quantiles, as Keras' Discretization",
    .table = "stats",
    .input = FEATURE_NUMBER,
    .type = feature_type_ids,
    .make = bucketize_make,
    .fit = bucketize_fit,
    .fitted = bucketize_fitted,
    .encode = bucketize_encode,
    .ids = bucketize_ids,
    .save = bucketize_save,
    .load = bucketize_load,
    .free = bucketize_free,
};
