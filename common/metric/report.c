#include "common/metric/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// A number, or "-" for none; in a buffer of the caller.
static const char *number(char text[32], double value, const char *format)
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, format, value);
    return text;
}

void report_table(struct bytes *out, const struct figures *figures)
{
    bytes_printf(out, "%-14s %5s  %-8s  %7s  %-16s  %10s  %6s", "metric", "k", "seen", "model", "95 % interval", "popularity", "lift");
    for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
        bytes_printf(out, "  %7s", figures_baseline(figures, b));
    bytes_printf(out, "\n");
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        char interval[32] = "-", value[32], popularity[32], lift[32], baseline[32];
        if (!isnan(f.low))
            snprintf(interval, sizeof interval, "%.4f .. %.4f", f.low, f.high);
        bytes_printf(out, "%-14s %5zu  %-8s  %7s  %-16s  %10s  %6s", f.metric, f.k, f.excluded ? "excluded" : "kept",
                     number(value, f.value, "%.4f"), interval, number(popularity, f.popularity, "%.4f"),
                     number(lift, f.popularity > 0 ? f.value / f.popularity : NAN, "%.2f"));
        for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
            bytes_printf(out, "  %7s", number(baseline, f.baselines[b], "%.4f"));
        bytes_printf(out, "\n");
    }
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isnan(value))
        bytes_printf(out, ", \"%s\": null", key);
    else
        bytes_printf(out, ", \"%s\": %.9g", key, value);
}

void report_json(struct bytes *out, const struct figures *figures)
{
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        bytes_printf(out, "{\"metric\": \"%s\", \"k\": %zu, \"seen\": \"%s\"", f.metric, f.k, f.excluded ? "excluded" : "kept");
        json_number(out, "value", f.value);
        json_number(out, "low", f.low);
        json_number(out, "high", f.high);
        json_number(out, "popularity", f.popularity);
        for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
            json_number(out, figures_baseline(figures, b), f.baselines[b]);
        bytes_printf(out, ", \"n\": %zu}\n", f.n);
    }
}

struct builder *report_rows(const struct figures *figures, struct arena *arena)
{
    static const char *const columns[][2] = {{"metric", "str"}, {"k", "u32"}, {"seen", "str"}, {"value", "f64"},
                                             {"low", "f64"}, {"high", "f64"}, {"popularity", "f64"}, {"n", "u64"}};
    enum { N = sizeof columns / sizeof *columns };
    struct schema *schema = schema_new(arena, "metrics");
    for (size_t i = 0; i < N; i++)
        schema_add(schema, arena, columns[i][0], type_of(columns[i][1]));
    for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
        schema_add(schema, arena, figures_baseline(figures, b), type_of("f64"));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        const char *seen = f.excluded ? "excluded" : "kept";
        builder_text(builder, 0, f.metric, strlen(f.metric));
        builder_value(builder, 1, &(uint32_t){(uint32_t)f.k});
        builder_text(builder, 2, seen, strlen(seen));
        builder_value(builder, 3, &f.value);
        builder_value(builder, 4, &f.low);
        builder_value(builder, 5, &f.high);
        builder_value(builder, 6, &f.popularity);
        builder_value(builder, 7, &(uint64_t){f.n});
        for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
            builder_value(builder, N + b, &f.baselines[b]);
        builder_row(builder);
    }
    return builder;
}
