#include "common/evaluation/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/metric/metric.h"

// A head's labels and predictions; rows that its task leaves out have weight 0.
struct judged {
    const struct config_task *task;
    bool binary, regression;                // neither: listwise
    double *labels, *scores, *weights;      // (n)
    size_t capacity[3];
    double label_sum, weight_sum;           // of the training rows
};

struct predictions {
    const struct config *config;
    struct judged *judged;                  // (n_judged)
    size_t n_judged;
    bool came;
    uint32_t *query, *candidate;            // (n)
    size_t n, capacity[2], n_queries, n_candidates;
    uint32_t *order;                        // (n) by query
    struct prediction_figure *figures;      // (n_figures)
    size_t n_figures, figures_capacity;
    double *chosen[3], *constant;           // (n) labels, scores, weights of a slice, by query; the mean label
};

struct predictions *predictions_new(const struct config *config)
{
    struct predictions *p = memory_zeros(1, sizeof *p);
    p->config = config;
    p->judged = memory_zeros(config->n_tasks, sizeof *p->judged);
    for (size_t i = 0; i < config->n_tasks; i++)
        if (config->tasks[i].head != NULL)
            p->judged[p->n_judged++] = (struct judged){.task = &config->tasks[i],
                                                       .binary = config->tasks[i].which == TASK_CLASSIFICATION,
                                                       .regression = config->tasks[i].which == TASK_REGRESSION};
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
static struct prediction_figure measure(const struct prediction_kind *kind, const struct prediction_rows *all, const size_t *begins, size_t n_queries,
                                        size_t k)
{
    struct metric_sum sum = prediction_sum(kind, all, begins, n_queries, k);
    struct prediction_figure figure = {.kind = kind, .k = k, .value = metric_mean(&sum), .gap = NAN, .ratio = NAN, .n = sum.n};
    double half = metric_half_width(&sum);
    figure.low = figure.value - half;
    figure.high = figure.value + half;
    if (kind->root) {
        figure.value = sqrt(figure.value);
        figure.low = sqrt(fmax(figure.low, 0));
        figure.high = sqrt(figure.high);
    }
    if (isnan(half)) {
        figure.low = figure.high = NAN;
        return figure;
    }
    figure.low = fmax(figure.low, 0);
    figure.high = kind->lesser ? figure.high : fmin(figure.high, 1);
    return figure;
}

static void add_figure(struct predictions *p, struct prediction_figure figure)
{
    p->figures = memory_grow(p->figures, &p->figures_capacity, p->n_figures + 1, sizeof *p->figures);
    p->figures[p->n_figures++] = figure;
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
            struct prediction_figure figure = measure(kind, &all, begins, n_queries, k);
            figure.mean = isnan(mean) ? NAN : measure(kind, &constant, begins, n_queries, k).value;
            figure.task = judged->task;
            figure.slice = slice;
            add_figure(p, figure);
        }
    }
}

// The best figure among the slices by a column: those of the same head, metric and k.
static double best_of(const struct predictions *p, const struct prediction_figure *figure)
{
    double best = NAN;
    for (size_t i = 0; i < p->n_figures; i++) {
        const struct prediction_figure *other = &p->figures[i];
        if (other->task != figure->task || other->kind != figure->kind || other->k != figure->k || other->slice == NULL ||
            strcmp(other->slice->column, figure->slice->column) != 0 || isnan(other->value))
            continue;
        if (isnan(best) || (figure->kind->lesser ? other->value < best : other->value > best))
            best = other->value;
    }
    return best;
}

static void compare_slices(struct predictions *p)
{
    for (size_t i = 0; i < p->n_figures; i++) {
        struct prediction_figure *figure = &p->figures[i];
        if (figure->slice == NULL)
            continue;
        double best = best_of(p, figure);
        figure->gap = figure->value - best;
        figure->ratio = best > 0 ? figure->value / best : NAN;
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
    compare_slices(p);
    free(begins);
}

const struct prediction_figure *predictions_figures(const struct predictions *p, size_t *n)
{
    *n = p->n_figures;
    return p->figures;
}

void predictions_bins(const struct predictions *p, const struct config_task *task, struct prediction_bin bins[PREDICTIONS_BINS], double *low,
                      double *high)
{
    const struct judged *judged = p->judged;
    while (judged->task != task)
        judged++;
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
    prediction_bins(&(struct prediction_rows){p->chosen[0], p->chosen[1], p->chosen[2], n}, *low, *high, bins, PREDICTIONS_BINS);
}
