// normalize: a number less the mean, over the standard deviation, as Keras' Normalization: (x - mean) / max(sqrt(variance), 1e-7).
//
// The variance is that of the population, each row as often as it occurs. Both are accumulated in f64 by Welford's method with
// weights (West, 1979), so large numbers such as times lose nothing; Keras rounds x and both of them to f32. A constant column
// becomes zeros. Without any rows the numbers stay as they are.
#include <math.h>
#include <stdlib.h>

#include "common/base/die.h"
#include "common/model/feature.h"

static const double least_deviation = 1e-7;

struct normalize {
    bool given;
    double mean, variance;
    double squares;        // sum of the squared distances from the mean
    uint64_t count;
};

static void *normalize_make(const struct feature *feature, const struct config *config)
{
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "mean, variance, from", 0);
    struct normalize *n = memory_zeros(1, sizeof *n);
    n->given = call_text(call, "mean") != NULL;
    if (n->given != (call_text(call, "variance") != NULL))
        die(EXIT_INPUT, "%s: feature %s: mean and variance are given both, or none", feature->config->place,
            quoted_text(feature->config->name));
    n->mean = call_real(call, "mean", 0, -1e300, 1e300);
    n->variance = call_real(call, "variance", 1, 0, 1e300);
    return n;
}

static void normalize_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct normalize *n = state;
    struct arena arena = {0};
    const double *x = feature_numbers(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows && !n->given; i++) {
        if (counts[i] == 0)
            continue;
        n->count += counts[i];
        double from = x[i] - n->mean;
        n->mean += from * (double)counts[i] / (double)n->count;
        n->squares += (double)counts[i] * from * (x[i] - n->mean);
    }
    arena_free(&arena);
}

static void normalize_fitted(const struct feature *feature, void *state)
{
    struct normalize *n = state;
    if (n->count > 0)
        n->variance = n->squares / (double)n->count;
    if (!isfinite(n->mean) || !isfinite(n->variance))
        die(EXIT_INPUT, "%s: feature %s: the mean or the variance of %s is not finite", feature->config->place,
            quoted_text(feature->config->name), quoted_text(feature->config->from));
}

static struct cells normalize_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct normalize *n = state;
    const double *x = feature_numbers(feature, rows, arena);
    double deviation = sqrt(n->variance) > least_deviation ? sqrt(n->variance) : least_deviation;
    float *out = arena_array(arena, rows->rows, sizeof *out);
    for (size_t i = 0; i < rows->rows; i++) {
        double value = (x[i] - n->mean) / deviation;
        out[i] = (float)(value > 3e38 ? 3e38 : value < -3e38 ? -3e38 : value);
    }
    return (struct cells){.values = out, .n = rows->rows};
}

static void normalize_save(const void *state, const char *table, struct writer *out)
{
    const struct normalize *n = state;
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, "mean", type_of("f64"));
    schema_add(schema, &arena, "variance", type_of("f64"));
    schema_add(schema, &arena, "count", type_of("u64"));
    struct cells cells[] = {{.values = &n->mean, .n = 1}, {.values = &n->variance, .n = 1}, {.values = &n->count, .n = 1}};
    writer_put(out, &(struct frame){.schema = schema, .rows = 1, .cells = cells});
    arena_free(&arena);
}

static void normalize_load(const struct feature *feature, void *state, const struct frame *frame)
{
    struct normalize *n = state;
    const double *mean = frame_column(frame, "mean", "f64")->values, *variance = frame_column(frame, "variance", "f64")->values;
    const uint64_t *count = frame_column(frame, "count", "u64")->values;
    for (size_t i = 0; i < frame->rows; i++) {
        if (!isfinite(mean[i]) || !(variance[i] >= 0 && isfinite(variance[i])))
            die(EXIT_INPUT, "%s: table %s: a mean or variance that is not finite, or negative", frame->place, quoted_text(feature->table));
        n->mean = mean[i];
        n->variance = variance[i];
        n->count = count[i];
    }
}

const struct feature_kind feature_normalize = {
    .name = "normalize",
    .arguments = "mean=, variance=, from=",
    .help = "a number less the mean, over the standard deviation (those of the rows, unless given), as Keras' Normalization",
    .table = "stats",
    .input = FEATURE_NUMBER,
    .type = feature_type_number,
    .make = normalize_make,
    .fit = normalize_fit,
    .fitted = normalize_fitted,
    .encode = normalize_encode,
    .save = normalize_save,
    .load = normalize_load,
    .free = free,
};
