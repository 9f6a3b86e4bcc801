#include "common/evaluation/prediction_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/stream/builder.h"
#include "common/stream/lines.h"

static const char *number(char text[32], double value)
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, "%.4f", value);
    return text;
}

static void print_figure(struct bytes *out, const struct prediction_figure *figure)
{
    char interval[64] = "-", k[32] = "-", value[32], mean[32], gap[32], ratio[32];
    if (!isnan(figure->low))
        snprintf(interval, sizeof interval, "%.4f .. %.4f", figure->low, figure->high);
    if (figure->k > 0)
        snprintf(k, sizeof k, "%zu", figure->k);
    bytes_printf(out, "%-12s %5s  %7s  %-16s  %7s", figure->kind->name, k, number(value, figure->value), interval, number(mean, figure->mean));
    if (figure->slice != NULL) {
        bytes_printf(out, "  %7zu  %7s  %7s  ", figure->n, number(gap, figure->gap), number(ratio, figure->ratio));
        lines_text(out, figure->slice->value, strlen(figure->slice->value), false);
    }
    bytes_printf(out, "\n");
}

static void print_bins(const struct predictions *p, struct bytes *out, const struct config_task *task)
{
    struct prediction_bin bins[PREDICTIONS_BINS];
    double low, high;
    predictions_bins(p, task, bins, &low, &high);
    bytes_printf(out, "\n%-20s  %8s  %10s  %7s\n", "predictions", "rows", "prediction", "label");
    for (size_t b = 0; b < PREDICTIONS_BINS; b++) {
        char range[64], score[32], label[32];
        if (bins[b].n == 0)
            continue;
        double width = (high - low) / PREDICTIONS_BINS;
        snprintf(range, sizeof range, "%.4f .. %.4f", low + width * (double)b, low + width * (double)(b + 1));
        bytes_printf(out, "%-20s  %8zu  %10s  %7s\n", range, bins[b].n, number(score, bins[b].score / bins[b].weight),
                     number(label, bins[b].label / bins[b].weight));
    }
}

// The figures of one head, n of them: of all rows, calibration, and by slices.
static void print_head(const struct predictions *p, struct bytes *out, const struct prediction_figure *figures, size_t n)
{
    const struct config_task *task = figures[0].task;
    bytes_printf(out, "%s: %zu rows, label %s\n\n%-12s %5s  %7s  %-16s  %7s\n", task->head->name, predictions_rows(p), task->label, "metric", "k",
                 "model", "95 % interval", "mean");
    size_t i = 0;
    for (; i < n && figures[i].slice == NULL; i++)
        print_figure(out, &figures[i]);
    print_bins(p, out, task);
    for (const char *column = NULL; i < n; i++) {
        const struct slice *slice = figures[i].slice;
        if (column == NULL || strcmp(column, slice->column) != 0)
            bytes_printf(out, "\nby %s\n\n%-12s %5s  %7s  %-16s  %7s  %7s  %7s  %7s  slice\n", column = slice->column, "metric", "k", "model",
                         "95 % interval", "mean", "n", "gap", "ratio");
        print_figure(out, &figures[i]);
    }
    bytes_printf(out, "\n");
}

// How many figures from the first on are of the same head.
static size_t of_head(const struct prediction_figure *figures, size_t n)
{
    size_t i = 0;
    while (i < n && figures[i].task == figures[0].task)
        i++;
    return i;
}

void prediction_report_table(const struct predictions *p, struct bytes *out)
{
    size_t n;
    const struct prediction_figure *figures = predictions_figures(p, &n);
    for (size_t from = 0, many; from < n; from += many) {
        many = of_head(figures + from, n - from);
        print_head(p, out, figures + from, many);
    }
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_printf(out, ", \"%s\": %.9g", key, value);
    else
        bytes_printf(out, ", \"%s\": null", key);
}

void prediction_report_json(const struct predictions *p, struct bytes *out)
{
    size_t n;
    const struct prediction_figure *figures = predictions_figures(p, &n);
    for (size_t i = 0; i < n; i++) {
        const struct prediction_figure *figure = &figures[i];
        bytes_printf(out, "{\"head\": ");
        lines_text(out, figure->task->head->name, strlen(figure->task->head->name), true);
        bytes_printf(out, ", \"metric\": \"%s\", \"k\": %zu", figure->kind->name, figure->k);
        json_number(out, "value", figure->value);
        json_number(out, "low", figure->low);
        json_number(out, "high", figure->high);
        json_number(out, "mean", figure->mean);
        if (figure->slice != NULL) {
            bytes_printf(out, ", \"by\": ");
            lines_text(out, figure->slice->column, strlen(figure->slice->column), true);
            bytes_printf(out, ", \"slice\": ");
            lines_text(out, figure->slice->value, strlen(figure->slice->value), true);
            json_number(out, "gap", figure->gap);
            json_number(out, "ratio", figure->ratio);
        }
        bytes_printf(out, ", \"n\": %zu}\n", figure->n);
    }
}

struct builder *prediction_report_metrics(const struct predictions *p, struct arena *arena)
{
    static const char *const columns[][2] = {{"head", "str"}, {"metric", "str"}, {"k", "u32"}, {"value", "f64"},
                                             {"low", "f64"}, {"high", "f64"}, {"mean", "f64"}, {"n", "u64"},
                                             {"by", "str"}, {"slice", "str"}, {"gap", "f64"}, {"ratio", "f64"}};
    struct schema *schema = schema_new(arena, "metrics/scores");
    schema_add_all(schema, arena, columns, sizeof columns / sizeof *columns);
    struct builder *builder = builder_new(schema);
    size_t n;
    const struct prediction_figure *figures = predictions_figures(p, &n);
    for (size_t i = 0; i < n; i++) {
        const struct prediction_figure *figure = &figures[i];
        const char *head = figure->task->head->name, *by = figure->slice != NULL ? figure->slice->column : "",
                   *slice = figure->slice != NULL ? figure->slice->value : "";
        builder_text(builder, 0, head, strlen(head));
        builder_text(builder, 1, figure->kind->name, strlen(figure->kind->name));
        builder_value(builder, 2, &(uint32_t){(uint32_t)figure->k});
        builder_value(builder, 3, &figure->value);
        builder_value(builder, 4, &figure->low);
        builder_value(builder, 5, &figure->high);
        builder_value(builder, 6, &figure->mean);
        builder_value(builder, 7, &(uint64_t){figure->n});
        builder_text(builder, 8, by, strlen(by));
        builder_text(builder, 9, slice, strlen(slice));
        builder_value(builder, 10, &figure->gap);
        builder_value(builder, 11, &figure->ratio);
        builder_row(builder);
    }
    return builder;
}

struct builder *prediction_report_calibration(const struct predictions *p, struct arena *arena)
{
    static const char *const columns[][2] = {{"head", "str"}, {"low", "f64"}, {"high", "f64"}, {"n", "u64"}, {"prediction", "f64"}, {"label", "f64"}};
    struct schema *schema = schema_new(arena, "metrics/calibration");
    schema_add_all(schema, arena, columns, sizeof columns / sizeof *columns);
    struct builder *builder = builder_new(schema);
    size_t n;
    const struct prediction_figure *figures = predictions_figures(p, &n);
    for (size_t i = 0; i < n; i += of_head(figures + i, n - i)) {
        const char *head = figures[i].task->head->name;
        struct prediction_bin bins[PREDICTIONS_BINS];
        double low, high;
        predictions_bins(p, figures[i].task, bins, &low, &high);
        for (size_t b = 0; b < PREDICTIONS_BINS; b++) {
            double width = (high - low) / PREDICTIONS_BINS;
            if (bins[b].n == 0)
                continue;
            builder_text(builder, 0, head, strlen(head));
            builder_value(builder, 1, &(double){low + width * (double)b});
            builder_value(builder, 2, &(double){low + width * (double)(b + 1)});
            builder_value(builder, 3, &(uint64_t){bins[b].n});
            builder_value(builder, 4, &(double){bins[b].score / bins[b].weight});
            builder_value(builder, 5, &(double){bins[b].label / bins[b].weight});
            builder_row(builder);
        }
    }
    return builder;
}
