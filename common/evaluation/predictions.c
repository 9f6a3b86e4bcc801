#include "common/evaluation/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/metric/metric.h"
#include "common/metric/prediction.h"
#include "common/stream/lines.h"

enum { BINS = 10 };

// A head's labels and predictions; rows that its task leaves out have weight 0.
struct judged {
    const struct config_task *task;
    bool binary, regression;                // neither: listwise
    double *labels, *scores, *weights;      // (n)
    size_t capacity[3];
    double label_sum, weight_sum;           // of the training rows
};

struct entry {
    const struct judged *judged;
    const struct slice *slice;              // NULL: everything
    const struct prediction_kind *kind;
    size_t k, n;
    double value, low, high, mean;
};

struct predictions {
    const struct config *config;
    struct arena arena;
    struct judged *judged;                  // (n_judged)
    size_t n_judged;
    bool came;
    uint32_t *query, *candidate;            // (n)
    size_t n, capacity[2], n_queries, n_candidates;
    uint32_t *order;                        // (n) by query
    struct entry *lines;                     // (n_lines)
    size_t n_lines, lines_capacity;
    double *chosen[3], *constant;           // (n) labels, scores, weights of a slice, by query; the mean label
};

struct predictions *predictions_new(const struct config *config)
{
    struct predictions *p = memory_zeros(1, sizeof *p);
    p->config = config;
    p->judged = arena_zeros(&p->arena, config->n_tasks, sizeof *p->judged);
    for (size_t i = 0; i < config->n_tasks; i++)
        if (config->tasks[i].head != NULL)
            p->judged[p->n_judged++] = (struct judged){.task = &config->tasks[i],
                                                       .binary = strcmp(config->tasks[i].kind.name, "classification") == 0,
                                                       .regression = strcmp(config->tasks[i].kind.name, "regression") == 0};
    return p;
}

// The weights of a frame's rows under a task: those of the data, 0 where the task does not look.
static void row_weights(const struct predictions *p, const struct config_task *task, const struct frame *frame, double *weights, struct arena *arena)
{
    const char *weight = p->config->weight;
    const double *given = weight != NULL ? frame_numbers(frame, weight, arena) : NULL,
                 *where = task->where != NULL ? frame_numbers(frame, task->where, arena) : NULL;
    for (size_t i = 0; i < frame->rows; i++) {
        weights[i] = given != NULL ? given[i] : 1;
        if (!(weights[i] >= 0 && weights[i] <= 1e30))
            die(EXIT_INPUT, "%s: column %s: row %zu: %g is no weight", frame->place, quoted_text(weight), i, weights[i]);
        if (where != NULL && where[i] == 0)
            weights[i] = 0;
    }
}

static void take_training(struct predictions *p, const struct frame *frame)
{
    struct arena arena = {0};
    for (size_t j = 0; j < p->n_judged && frame->rows > 0; j++) {
        struct judged *judged = &p->judged[j];
        if (schema_find(frame->schema, judged->task->label) == SIZE_MAX)
            continue;
        const double *labels = frame_numbers(frame, judged->task->label, &arena);
        double *weights = arena_array(&arena, frame->rows, sizeof *weights);
        row_weights(p, judged->task, frame, weights, &arena);
        for (size_t i = 0; i < frame->rows; i++) {
            if (weights[i] == 0)
                continue;
            judged->label_sum += weights[i] * labels[i];
            judged->weight_sum += weights[i];
        }
    }
    arena_free(&arena);
}

static void take_head(struct predictions *p, struct judged *judged, const struct frame *frame, struct arena *arena)
{
    const char *label = judged->task->label, *name = arena_printf(arena, "score/%s", judged->task->head->name);
    const double *labels = frame_numbers(frame, label, arena), *scores = frame_numbers(frame, name, arena);
    double **to[] = {&judged->labels, &judged->scores, &judged->weights};
    for (size_t i = 0; i < 3; i++)
        *to[i] = memory_grow(*to[i], &judged->capacity[i], p->n + frame->rows, sizeof **to[i]);
    double *weights = judged->weights + p->n;
    row_weights(p, judged->task, frame, weights, arena);
    for (size_t i = 0; i < frame->rows; i++) {
        judged->labels[p->n + i] = labels[i];
        judged->scores[p->n + i] = scores[i];
        if (weights[i] == 0)
            continue;
        bool fits = judged->binary ? labels[i] >= 0 && labels[i] <= 1 : isfinite(labels[i]);
        if (!fits)
            die(EXIT_INPUT, "%s: column %s: row %zu: %g is no label of a %s", frame->place, quoted_text(label), i, labels[i],
                judged->task->kind.name);
        if (judged->binary ? !(scores[i] >= 0 && scores[i] <= 1) : !isfinite(scores[i]))
            die(EXIT_INPUT, "%s: column %s: row %zu: %g is no prediction of a %s", frame->place, quoted_text(name), i, scores[i],
                judged->task->kind.name);
    }
}

static void take_scores(struct predictions *p, const struct frame *frame)
{
    struct arena arena = {0};
    p->came = true;
    const uint32_t *query = frame_column(frame, "query", "u32")->values, *candidate = frame_column(frame, "candidate", "u32")->values;
    size_t heads = 0;
    for (size_t j = 0; j < p->n_judged; j++) {
        const char *name = arena_printf(&arena, "score/%s", p->judged[j].task->head->name);
        if (schema_find(frame->schema, name) == SIZE_MAX)
            continue;
        heads++;
        take_head(p, &p->judged[j], frame, &arena);
    }
    if (heads == 0)
        die(EXIT_INPUT, "%s: no column \"score/HEAD\" of a head that a task learns", frame->place);
    p->query = memory_grow(p->query, &p->capacity[0], p->n + frame->rows, sizeof *p->query);
    p->candidate = memory_grow(p->candidate, &p->capacity[1], p->n + frame->rows, sizeof *p->candidate);
    if (frame->rows > 0) {
        memcpy(p->query + p->n, query, frame->rows * sizeof *query);
        memcpy(p->candidate + p->n, candidate, frame->rows * sizeof *candidate);
    }
    p->n += frame->rows;
    arena_free(&arena);
}

void predictions_take(struct predictions *p, const struct frame *frame)
{
    if (is_table(frame, "scores"))
        take_scores(p, frame);
    else if (is_table(frame, p->config->interactions))
        take_training(p, frame);
    else if (is_table(frame, p->config->query.table))
        p->n_queries += frame->rows;
    else if (is_table(frame, p->config->candidate.table))
        p->n_candidates += frame->rows;
}

bool predictions_came(const struct predictions *p)
{
    return p->came;
}

size_t predictions_rows(const struct predictions *p)
{
    return p->n;
}

static void sort_rows(struct predictions *p, const char *source)
{
    uint64_t *keys = memory_zeros(p->n, sizeof *keys);
    p->order = memory_zeros(p->n, sizeof *p->order);
    for (size_t i = 0; i < p->n; i++) {
        bool bad = p->query[i] >= p->n_queries;
        if (bad || p->candidate[i] >= p->n_candidates)
            die(EXIT_INPUT, "%s: table \"scores\": row %zu: %s %u, but there are %zu", source, i, bad ? "query" : "candidate",
                bad ? p->query[i] : p->candidate[i], bad ? p->n_queries : p->n_candidates);
        keys[i] = p->query[i];
        p->order[i] = (uint32_t)i;
    }
    sort_keys(keys, p->order, p->n);
    free(keys);
}

static bool in_slice(struct predictions *p, const struct slice *slice, size_t number, struct slices *slices, size_t row)
{
    if (slice == NULL)
        return true;
    if (slice->of_candidates)
        return slice->members[p->candidate[row]];
    size_t n;
    const uint32_t *of = slices_of_query(slices, p->query[row], &n);
    for (size_t i = 0; i < n; i++)
        if (of[i] == number)
            return true;
    return false;
}

// The figure of a kind over rows that lie by query; begins (n_queries + 1) says where.
static struct entry measure(const struct prediction_kind *kind, const struct prediction_rows *all, const size_t *begins, size_t n_queries, size_t k)
{
    struct entry line = {.kind = kind, .k = k, .low = NAN, .high = NAN, .n = all->n};
    if (kind->whole != NULL) {
        line.value = kind->whole(all);
        return line;
    }
    struct metric_sum sum = {0};
    for (size_t q = 0; q < n_queries; q++) {
        struct prediction_rows query = {all->labels + begins[q], all->scores + begins[q], all->weights + begins[q], begins[q + 1] - begins[q]};
        double value, weight;
        kind->measure(&query, k, &value, &weight);
        metric_add(&sum, value, weight);
    }
    double half = metric_half_width(&sum);
    line.n = sum.n;
    line.value = metric_mean(&sum);
    line.low = line.value - half;
    line.high = line.value + half;
    if (kind->root) {
        line.value = sqrt(line.value);
        line.low = sqrt(fmax(line.low, 0));
        line.high = sqrt(line.high);
    }
    if (isnan(half)) {
        line.low = line.high = NAN;
        return line;
    }
    line.low = fmax(line.low, 0);
    line.high = kind->lesser ? line.high : fmin(line.high, 1);
    return line;
}

static void add_line(struct predictions *p, struct entry line)
{
    p->lines = memory_grow(p->lines, &p->lines_capacity, p->n_lines + 1, sizeof *p->lines);
    p->lines[p->n_lines++] = line;
}

// All figures of a head over the rows of a slice.
static void measure_slice(struct predictions *p, const struct judged *judged, const struct slice *slice, size_t number, struct slices *slices,
                          const size_t *ks, size_t n_ks, size_t *begins)
{
    size_t n = 0, n_queries = 0;
    uint32_t last = 0;
    double mean = judged->weight_sum > 0 ? judged->label_sum / judged->weight_sum : NAN;
    for (size_t at = 0; at < p->n; at++) {
        size_t row = p->order[at];
        if (judged->weights[row] == 0 || !in_slice(p, slice, number, slices, row))
            continue;
        if (n_queries == 0 || p->query[row] != last)
            begins[n_queries++] = n;
        last = p->query[row];
        p->chosen[0][n] = judged->labels[row];
        p->chosen[1][n] = judged->scores[row];
        p->chosen[2][n] = judged->weights[row];
        p->constant[n++] = mean;
    }
    begins[n_queries] = n;
    struct prediction_rows all = {p->chosen[0], p->chosen[1], p->chosen[2], n}, constant = {p->chosen[0], p->constant, p->chosen[2], n};
    for (size_t i = 0; prediction_kinds[i] != NULL; i++) {
        const struct prediction_kind *kind = prediction_kinds[i];
        if ((kind->regression && !judged->regression) || (kind->binary && !judged->binary))
            continue;
        for (size_t j = 0; j <= (kind->at_k ? n_ks : 0); j++) {
            size_t k = j == 0 ? 0 : ks[j - 1];
            struct entry line = measure(kind, &all, begins, n_queries, k);
            line.mean = isnan(mean) ? NAN : measure(kind, &constant, begins, n_queries, k).value;
            line.judged = judged;
            line.slice = slice;
            add_line(p, line);
        }
    }
}

void predictions_measure(struct predictions *p, const char *source, const size_t *ks, size_t n_ks, struct slices *slices)
{
    sort_rows(p, source);
    for (size_t i = 0; i < 3; i++)
        p->chosen[i] = memory_zeros(p->n, sizeof *p->chosen[i]);
    p->constant = memory_zeros(p->n, sizeof *p->constant);
    size_t *begins = memory_zeros(p->n + 1, sizeof *begins), n = slices != NULL ? slices_count(slices) : 0;
    for (size_t j = 0; j < p->n_judged; j++) {
        struct judged *judged = &p->judged[j];
        if (judged->capacity[0] == 0 && judged->labels == NULL)
            continue;
        measure_slice(p, judged, NULL, 0, slices, ks, n_ks, begins);
        for (size_t i = 0; i < n; i++)
            measure_slice(p, judged, slices_get(slices, i), i, slices, ks, n_ks, begins);
    }
    free(begins);
}

// The best figure among the line's slices: those of the same head, metric, k and column.
static double best_of(const struct predictions *p, const struct entry *line)
{
    double best = NAN;
    for (size_t i = 0; i < p->n_lines; i++) {
        const struct entry *other = &p->lines[i];
        if (other->judged != line->judged || other->kind != line->kind || other->k != line->k || other->slice == NULL ||
            strcmp(other->slice->column, line->slice->column) != 0 || isnan(other->value))
            continue;
        if (isnan(best) || (line->kind->lesser ? other->value < best : other->value > best))
            best = other->value;
    }
    return best;
}

static const char *number(char text[32], double value)
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, "%.4f", value);
    return text;
}

static void print_line(const struct predictions *p, struct bytes *out, const struct entry *line)
{
    char interval[64] = "-", k[32] = "-", value[32], mean[32], gap[32], ratio[32];
    if (!isnan(line->low))
        snprintf(interval, sizeof interval, "%.4f .. %.4f", line->low, line->high);
    if (line->k > 0)
        snprintf(k, sizeof k, "%zu", line->k);
    bytes_printf(out, "%-12s %5s  %7s  %-16s  %7s", line->kind->name, k, number(value, line->value), interval, number(mean, line->mean));
    if (line->slice != NULL) {
        double best = best_of(p, line);
        bytes_printf(out, "  %7zu  %7s  %7s  ", line->n, number(gap, line->value - best), number(ratio, best > 0 ? line->value / best : NAN));
        lines_text(out, line->slice->value, strlen(line->slice->value), false);
    }
    bytes_printf(out, "\n");
}

// Ten bins of a head's predictions: of a classification from 0 to 1, of a regression from its least to its greatest.
static void make_bins(const struct predictions *p, const struct judged *judged, struct prediction_bin bins[BINS], double *low, double *high)
{
    *low = judged->binary ? 0 : INFINITY;
    *high = judged->binary ? 1 : -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (judged->weights[i] == 0)
            continue;
        p->chosen[0][n] = judged->labels[i];
        p->chosen[1][n] = judged->scores[i];
        p->chosen[2][n++] = judged->weights[i];
        if (!judged->binary) {
            *low = fmin(*low, judged->scores[i]);
            *high = fmax(*high, judged->scores[i]);
        }
    }
    prediction_bins(&(struct prediction_rows){p->chosen[0], p->chosen[1], p->chosen[2], n}, *low, *high, bins, BINS);
}

static void print_bins(const struct predictions *p, struct bytes *out, const struct judged *judged)
{
    struct prediction_bin bins[BINS];
    double low, high;
    make_bins(p, judged, bins, &low, &high);
    bytes_printf(out, "\n%-20s  %8s  %10s  %7s\n", "predictions", "rows", "prediction", "label");
    for (size_t b = 0; b < BINS; b++) {
        char range[64], score[32], label[32];
        if (bins[b].n == 0)
            continue;
        double width = (high - low) / BINS;
        snprintf(range, sizeof range, "%.4f .. %.4f", low + width * (double)b, low + width * (double)(b + 1));
        bytes_printf(out, "%-20s  %8zu  %10s  %7s\n", range, bins[b].n, number(score, bins[b].score / bins[b].weight),
                     number(label, bins[b].label / bins[b].weight));
    }
}

void predictions_table(const struct predictions *p, struct bytes *out)
{
    for (size_t j = 0; j < p->n_judged; j++) {
        const struct judged *judged = &p->judged[j];
        const char *column = NULL;
        size_t first = 0;
        while (first < p->n_lines && p->lines[first].judged != judged)
            first++;
        if (first == p->n_lines)
            continue;
        bytes_printf(out, "%s: %zu rows, label %s\n\n%-12s %5s  %7s  %-16s  %7s\n", judged->task->head->name, p->n, judged->task->label, "metric",
                     "k", "model", "95 % interval", "mean");
        for (size_t i = first; i < p->n_lines && p->lines[i].judged == judged && p->lines[i].slice == NULL; i++)
            print_line(p, out, &p->lines[i]);
        print_bins(p, out, judged);
        for (size_t i = first; i < p->n_lines && p->lines[i].judged == judged; i++) {
            const struct slice *slice = p->lines[i].slice;
            if (slice != NULL && (column == NULL || strcmp(column, slice->column) != 0))
                bytes_printf(out, "\nby %s\n\n%-12s %5s  %7s  %-16s  %7s  %7s  %7s  %7s  slice\n", column = slice->column, "metric", "k", "model",
                             "95 % interval", "mean", "n", "gap", "ratio");
            if (slice != NULL)
                print_line(p, out, &p->lines[i]);
        }
        bytes_printf(out, "\n");
    }
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_printf(out, ", \"%s\": %.9g", key, value);
    else
        bytes_printf(out, ", \"%s\": null", key);
}

void predictions_json(const struct predictions *p, struct bytes *out)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const struct entry *line = &p->lines[i];
        bytes_printf(out, "{\"head\": ");
        lines_text(out, line->judged->task->head->name, strlen(line->judged->task->head->name), true);
        bytes_printf(out, ", \"metric\": \"%s\", \"k\": %zu", line->kind->name, line->k);
        json_number(out, "value", line->value);
        json_number(out, "low", line->low);
        json_number(out, "high", line->high);
        json_number(out, "mean", line->mean);
        if (line->slice != NULL) {
            double best = best_of(p, line);
            bytes_printf(out, ", \"by\": ");
            lines_text(out, line->slice->column, strlen(line->slice->column), true);
            bytes_printf(out, ", \"slice\": ");
            lines_text(out, line->slice->value, strlen(line->slice->value), true);
            json_number(out, "gap", line->value - best);
            json_number(out, "ratio", best > 0 ? line->value / best : NAN);
        }
        bytes_printf(out, ", \"n\": %zu}\n", line->n);
    }
}

static struct builder *metrics_rows(struct predictions *p)
{
    static const char *const columns[][2] = {{"head", "str"}, {"metric", "str"}, {"k", "u32"}, {"value", "f64"}, {"low", "f64"},
                                             {"high", "f64"}, {"mean", "f64"}, {"n", "u64"}, {"by", "str"}, {"slice", "str"}, {"gap", "f64"}, {"ratio", "f64"}};
    struct schema *schema = schema_new(&p->arena, "metrics/scores");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        schema_add(schema, &p->arena, columns[i][0], type_of(columns[i][1]));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < p->n_lines; i++) {
        const struct entry *line = &p->lines[i];
        double best = line->slice != NULL ? best_of(p, line) : NAN;
        const char *head = line->judged->task->head->name, *by = line->slice != NULL ? line->slice->column : "",
                   *slice = line->slice != NULL ? line->slice->value : "";
        builder_text(builder, 0, head, strlen(head));
        builder_text(builder, 1, line->kind->name, strlen(line->kind->name));
        builder_value(builder, 2, &(uint32_t){(uint32_t)line->k});
        builder_value(builder, 3, &line->value);
        builder_value(builder, 4, &line->low);
        builder_value(builder, 5, &line->high);
        builder_value(builder, 6, &line->mean);
        builder_value(builder, 7, &(uint64_t){line->n});
        builder_text(builder, 8, by, strlen(by));
        builder_text(builder, 9, slice, strlen(slice));
        builder_value(builder, 10, &(double){line->value - best});
        builder_value(builder, 11, &(double){best > 0 ? line->value / best : NAN});
        builder_row(builder);
    }
    return builder;
}

static struct builder *calibration_rows(struct predictions *p)
{
    static const char *const columns[][2] = {{"head", "str"}, {"low", "f64"}, {"high", "f64"}, {"n", "u64"}, {"prediction", "f64"}, {"label", "f64"}};
    struct schema *schema = schema_new(&p->arena, "metrics/calibration");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        schema_add(schema, &p->arena, columns[i][0], type_of(columns[i][1]));
    struct builder *builder = builder_new(schema);
    for (size_t j = 0; j < p->n_judged; j++) {
        const char *head = p->judged[j].task->head->name;
        struct prediction_bin bins[BINS];
        double low, high;
        if (p->judged[j].labels == NULL)
            continue;
        make_bins(p, &p->judged[j], bins, &low, &high);
        for (size_t b = 0; b < BINS; b++) {
            double width = (high - low) / BINS;
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

struct builder *predictions_builder(struct predictions *p, size_t i)
{
    return i == 0 ? metrics_rows(p) : calibration_rows(p);
}

void predictions_free(struct predictions *p)
{
    if (p == NULL)
        return;
    for (size_t j = 0; j < p->n_judged; j++) {
        free(p->judged[j].labels);
        free(p->judged[j].scores);
        free(p->judged[j].weights);
    }
    for (size_t i = 0; i < 3; i++)
        free(p->chosen[i]);
    free(p->constant);
    free(p->query);
    free(p->candidate);
    free(p->order);
    free(p->lines);
    arena_free(&p->arena);
    free(p);
}
