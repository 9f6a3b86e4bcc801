#include "common/training/rehearsal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/sort.h"
#include "common/metric/metric.h"
#include "common/model/predictor.h"
#include "common/stream/builder.h"

struct rehearsal {
    const struct config *config;
    const struct config_task *task;
    const struct prediction_kind *kind;
    const char *table, *source;
    struct gather *rows;              // R.valid
    const struct frame *queries, *candidates;
    struct predictor *predictor;      // of the model that is trained; NULL before the first run
    size_t n, n_queries;
    size_t *begins;                   // (n_queries + 1) where the rows of each query begin
    uint32_t *query, *candidate, *at; // (n) by query; at: rows of R.valid
    double *label, *weight;           // (n)
    struct arena arena;
};

static const struct config_task *task_of(const struct config *config, const struct call *call)
{
    const char *head = call_position(call, 0);
    for (size_t i = 0; i < config->n_tasks; i++)
        if (config->tasks[i].head != NULL && (head == NULL || strcmp(config->tasks[i].head->name, head) == 0))
            return &config->tasks[i];
    if (head != NULL)
        die(EXIT_INPUT, "%s: %s: no task learns a head %s", call->place, call->name, quoted_text(head));
    die(EXIT_INPUT, "%s: %s: no task of labels", call->place, call->name);
}

struct rehearsal *rehearsal_new(const struct config *config, const struct call *call)
{
    const struct prediction_kind *kind = NULL;
    for (size_t i = 0; prediction_kinds[i] != NULL; i++)
        if (strcmp(prediction_kinds[i]->name, call->name) == 0)
            kind = prediction_kinds[i];
    const char *first = call_position(call, 0);
    bool number = first != NULL && strspn(first, "0123456789") == strlen(first);
    // Of names that rankings have too, as ndcg, predictions are meant where a head is named, and not a length of lists.
    if (kind == NULL || (metric_kind(call->name) != NULL && (first == NULL || number)))
        return NULL;
    call_known(call, "", 1);
    struct rehearsal *r = memory_zeros(1, sizeof *r);
    r->config = config;
    r->kind = kind;
    r->task = task_of(config, call);
    if ((kind->binary && r->task->which != TASK_CLASSIFICATION) || (kind->regression && r->task->which != TASK_REGRESSION))
        die(EXIT_INPUT, "%s: %s is a metric of %s, but task %s is a %s", call->place, call->name, kind->binary ? "classifications" : "regressions",
            quoted_text(r->task->name), r->task->kind.name);
    r->table = arena_printf(&r->arena, "%s.valid", config->interactions);
    r->rows = gather_new();
    return r;
}

const struct prediction_kind *rehearsal_metric(const struct rehearsal *r)
{
    return r->kind;
}

void rehearsal_looks(struct rehearsal *r, const struct frame *frame)
{
    if (is_table(frame, r->table))
        gather_add(r->rows, frame);
}

// The rows by query, as metrics of a query's rows want them.
static void sort_rows(struct rehearsal *r, const struct frame *rows)
{
    const uint32_t *query = frame_column(rows, "query", "u32")->values, *candidate = frame_column(rows, "candidate", "u32")->values;
    const double *label = frame_numbers(rows, r->task->label, &r->arena);
    const double *weight = r->config->weight != NULL ? frame_numbers(rows, r->config->weight, &r->arena) : NULL;
    uint64_t *keys = arena_array(&r->arena, r->n, sizeof *keys);
    for (size_t i = 0; i < r->n; i++) {
        keys[i] = query[i];
        r->at[i] = (uint32_t)i;
    }
    sort_keys(keys, r->at, r->n);
    for (size_t i = 0; i < r->n; i++) {
        uint32_t row = r->at[i];
        r->query[i] = query[row];
        if (i == 0 || r->query[i] != r->query[i - 1])
            r->begins[r->n_queries++] = i;
        r->candidate[i] = candidate[row];
        r->label[i] = label[row];
        r->weight[i] = weight != NULL ? weight[row] : 1;
        if (!isfinite(label[row]) || !isfinite(r->weight[i]) || r->weight[i] < 0 || (r->kind->binary && (label[row] < 0 || label[row] > 1)))
            die(EXIT_INPUT, "%s: table %s: row %u: label %g with weight %g, wanted %s with a weight of 0 or more", r->source, quoted_text(r->table),
                row, label[row], r->weight[i], r->kind->binary ? "one from 0 to 1" : "a finite one");
    }
}

bool rehearsal_ready(struct rehearsal *r, const struct frame *queries, const struct frame *candidates, const char *source)
{
    const struct frame *rows = gather_frame(r->rows);
    if (rows == NULL || rows->rows == 0)
        return false;
    r->source = source;
    r->queries = queries;
    r->candidates = candidates;
    r->n = rows->rows;
    r->query = arena_array(&r->arena, r->n, sizeof *r->query);
    r->candidate = arena_array(&r->arena, r->n, sizeof *r->candidate);
    r->at = arena_array(&r->arena, r->n, sizeof *r->at);
    r->begins = arena_array(&r->arena, r->n + 1, sizeof *r->begins);
    r->label = arena_array(&r->arena, r->n, sizeof *r->label);
    r->weight = arena_array(&r->arena, r->n, sizeof *r->weight);
    sort_rows(r, rows);
    r->begins[r->n_queries] = r->n;
    return true;
}

static double measure(const struct rehearsal *r, const double *scores)
{
    const struct prediction_rows all = {r->label, scores, r->weight, r->n};
    struct metric_sum sum = prediction_sum(r->kind, &all, r->begins, r->n_queries, 0);
    return r->kind->root ? sqrt(metric_mean(&sum)) : metric_mean(&sum);
}

double rehearsal_run(struct rehearsal *r, const struct model *model, struct pool *pool, double *mean)
{
    float *found = memory_aligned(r->n, sizeof *found);
    double *scores = memory_aligned(r->n, sizeof *scores), sum = 0, weights = 0;
    if (r->predictor == NULL) {
        r->predictor = predictor_new(r->config, model, pool);
        predictor_looks(r->predictor, r->queries);
        predictor_looks(r->predictor, r->candidates);
        predictor_start(r->predictor, r->source);
    }
    const struct predictor_pairs pairs = {.n = r->n, .queries = r->query, .candidates = r->candidate, .context = gather_frame(r->rows), .at = r->at};
    predictor_run(r->predictor, r->task->head, &pairs, found);
    for (size_t i = 0; i < r->n; i++) {
        scores[i] = (double)found[i];
        sum += r->weight[i] * r->label[i];
        weights += r->weight[i];
    }
    double value = measure(r, scores);
    for (size_t i = 0; i < r->n; i++)
        scores[i] = weights > 0 ? sum / weights : 0;
    *mean = measure(r, scores);
    free(found);
    free(scores);
    return value;
}

void rehearsal_free(struct rehearsal *r)
{
    if (r == NULL)
        return;
    gather_free(r->rows);
    predictor_free(r->predictor);
    arena_free(&r->arena);
    free(r);
}
