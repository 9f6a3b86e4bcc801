#include "common/metric/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/stream/builder.h"
#include "common/stream/lines.h"

// A number, or "-" for none; in a buffer of the caller.
static const char *number(char text[32], double value, const char *format)
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, format, value);
    return text;
}

// The best figure i of all slices of the part's column.
static double best_of(const struct report *report, size_t part, size_t i)
{
    double best = NAN;
    for (size_t p = 0; p < report->n; p++) {
        const struct report_part *other = &report->parts[p];
        if (other->slice == NULL || strcmp(other->slice->column, report->parts[part].slice->column) != 0)
            continue;
        double value = figures_get(other->figures, i).value;
        if (isnan(best) || value > best)
            best = value;
    }
    return best;
}

// Whether the text has accuracy by places too: if it is not everywhere what accuracy by scores is.
static bool shows_ids(const struct report *report)
{
    bool differ = false;
    for (size_t p = 0; p < report->n && !differ; p++)
        differ = figures_ids_differ(report->parts[p].figures);
    return differ;
}

static void print_whole(struct bytes *out, const struct figures *figures, bool ids)
{
    bytes_printf(out, "%-14s %5s  %-8s  %7s  %-16s  %10s  %6s", "metric", "k", "seen", "model", "95 % interval", "popularity", "lift");
    for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
        bytes_printf(out, "  %7s", figures_baseline(figures, b));
    bytes_printf(out, "\n");
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        char interval[64] = "-", value[32], popularity[32], lift[32], baseline[32];
        if (!ids && figures_is_by_ids(figures, i))
            continue;
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

static void print_slice(struct bytes *out, const struct report *report, size_t part, size_t i)
{
    const struct figures *figures = report->parts[part].figures;
    struct figure f = figures_get(figures, i);
    double best = best_of(report, part, i);
    char interval[64] = "-", value[32], popularity[32], gap[32], ratio[32], baseline[32];
    if (!isnan(f.low))
        snprintf(interval, sizeof interval, "%.4f .. %.4f", f.low, f.high);
    bytes_printf(out, "%-14s %5zu  %-8s  %7zu  %7s  %-16s  %10s  %7s  %5s", f.metric, f.k, f.excluded ? "excluded" : "kept", f.n,
                 number(value, f.value, "%.4f"), interval, number(popularity, f.popularity, "%.4f"), number(gap, f.value - best, "%.4f"),
                 number(ratio, best > 0 ? f.value / best : NAN, "%.2f"));
    for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
        bytes_printf(out, "  %7s", number(baseline, f.baselines[b], "%.4f"));
    const char *name = report->parts[part].slice->value;
    bytes_printf(out, "  ");
    lines_text(out, name, strlen(name), false);
    bytes_printf(out, "\n");
}

// All slices of one column, from part `first` on: how large they are, then their figures side by side. Returns the part behind them.
static size_t print_column(struct bytes *out, const struct report *report, size_t first, bool ids)
{
    const struct slice *slice = report->parts[first].slice;
    const struct figures *figures = report->parts[first].figures;
    size_t end = first;
    while (end < report->n && strcmp(report->parts[end].slice->column, slice->column) == 0)
        end++;
    bytes_printf(out, "\nby ");
    lines_text(out, slice->column, strlen(slice->column), false);
    bytes_printf(out, ", of %s:", slice->of_candidates ? "candidates" : "queries");
    for (size_t p = first; p < end; p++) {
        bytes_printf(out, p > first ? ", " : " ");
        lines_text(out, report->parts[p].slice->value, strlen(report->parts[p].slice->value), false);
        bytes_printf(out, " %zu", report->parts[p].slice->rows);
        if (slice->of_candidates)
            bytes_printf(out, " (%.4f of the interactions)", report->parts[p].taken);
    }
    bytes_printf(out, "\n\n%-14s %5s  %-8s  %7s  %7s  %-16s  %10s  %7s  %5s",
                 "metric", "k", "seen", "n", "model", "95 % interval", "popularity", "gap",
                 "ratio");
    for (size_t b = 0; figures_baseline(figures, b) != NULL; b++)
        bytes_printf(out, "  %7s", figures_baseline(figures, b));
    bytes_printf(out, "  slice\n");
    for (size_t i = 0; i < figures_count(figures); i++)
        for (size_t p = first; p < end && (ids || !figures_is_by_ids(figures, i)); p++)
            print_slice(out, report, p, i);
    return end;
}

void report_table(struct bytes *out, const struct report *report)
{
    bool ids = shows_ids(report);
    print_whole(out, report->parts[0].figures, ids);
    for (size_t p = 1; p < report->n;)
        p = print_column(out, report, p, ids);
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isnan(value))
        bytes_printf(out, ", \"%s\": null", key);
    else
        bytes_printf(out, ", \"%s\": %.9g", key, value);
}

static void json_text(struct bytes *out, const char *key, const char *text)
{
    bytes_printf(out, ", \"%s\": ", key);
    lines_text(out, text, strlen(text), true);
}

void report_json(struct bytes *out, const struct report *report)
{
    for (size_t p = 0; p < report->n; p++) {
        const struct report_part *part = &report->parts[p];
        for (size_t i = 0; i < figures_count(part->figures); i++) {
            struct figure f = figures_get(part->figures, i);
            bytes_printf(out, "{\"metric\": \"%s\", \"k\": %zu, \"seen\": \"%s\"", f.metric, f.k, f.excluded ? "excluded" : "kept");
            json_number(out, "value", f.value);
            json_number(out, "low", f.low);
            json_number(out, "high", f.high);
            json_number(out, "popularity", f.popularity);
            for (size_t b = 0; figures_baseline(part->figures, b) != NULL; b++)
                json_number(out, figures_baseline(part->figures, b), f.baselines[b]);
            if (part->slice != NULL) {
                double best = best_of(report, p, i);
                json_text(out, "by", part->slice->column);
                json_text(out, "slice", part->slice->value);
                json_number(out, "gap", f.value - best);
                json_number(out, "ratio", best > 0 ? f.value / best : NAN);
            }
            bytes_printf(out, ", \"n\": %zu}\n", f.n);
        }
    }
}

static struct schema *make_schema(const struct report *report, struct arena *arena)
{
    static const char *const columns[][2] = {{"metric", "str"}, {"k", "u32"}, {"seen", "str"}, {"value", "f64"},
                                             {"low", "f64"}, {"high", "f64"}, {"popularity", "f64"}, {"n", "u64"}},
                      *const of_slices[][2] = {{"by", "str"}, {"slice", "str"}, {"gap", "f64"}, {"ratio", "f64"}};
    struct schema *schema = schema_new(arena, "metrics");
    schema_add_all(schema, arena, columns, sizeof columns / sizeof *columns);
    for (size_t b = 0; figures_baseline(report->parts[0].figures, b) != NULL; b++)
        schema_add(schema, arena, figures_baseline(report->parts[0].figures, b), type_of("f64"));
    for (size_t i = 0; report->n > 1 && i < sizeof of_slices / sizeof *of_slices; i++)
        schema_add(schema, arena, of_slices[i][0], type_of(of_slices[i][1]));
    return schema;
}

static void add_text(struct builder *builder, size_t column, const char *text)
{
    builder_text(builder, column, text, strlen(text));
}

static void add_row(struct builder *builder, const struct report *report, size_t p, size_t i)
{
    const struct report_part *part = &report->parts[p];
    struct figure f = figures_get(part->figures, i);
    size_t column = 8;
    add_text(builder, 0, f.metric);
    builder_value(builder, 1, &(uint32_t){(uint32_t)f.k});
    add_text(builder, 2, f.excluded ? "excluded" : "kept");
    builder_value(builder, 3, &f.value);
    builder_value(builder, 4, &f.low);
    builder_value(builder, 5, &f.high);
    builder_value(builder, 6, &f.popularity);
    builder_value(builder, 7, &(uint64_t){f.n});
    for (size_t b = 0; figures_baseline(part->figures, b) != NULL; b++)
        builder_value(builder, column++, &f.baselines[b]);
    if (report->n > 1) {
        double best = part->slice != NULL ? best_of(report, p, i) : NAN;
        add_text(builder, column++, part->slice != NULL ? part->slice->column : "");
        add_text(builder, column++, part->slice != NULL ? part->slice->value : "");
        builder_value(builder, column++, &(double){f.value - best});
        builder_value(builder, column++, &(double){best > 0 ? f.value / best : NAN});
    }
    builder_row(builder);
}

struct builder *report_rows(const struct report *report, struct arena *arena)
{
    struct builder *builder = builder_new(make_schema(report, arena));
    for (size_t p = 0; p < report->n; p++)
        for (size_t i = 0; i < figures_count(report->parts[p].figures); i++)
            add_row(builder, report, p, i);
    return builder;
}
