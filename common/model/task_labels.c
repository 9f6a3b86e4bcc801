// Predictions of a head against a column of labels: regression, classification, and lists, which differ in their default loss alone
// (config/config_keys.c).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/model/joint.h"
#include "common/model/label_loss.h"
#include "common/model/task.h"

struct labels {
    struct task task;
    const struct config *config;
    struct label_loss loss;
    struct joint *joint;
    size_t table_rows[SIDES];
    struct places places[SIDES];
    float *d;                    // (n) of the predictions
    size_t capacity;
    uint64_t seed;
    struct arena arena, scratch; // scratch: of one step
};

static struct task *make(const struct config *config, const struct config_task *from, const struct model *model)
{
    struct labels *l = memory_zeros(1, sizeof *l);
    l->config = config;
    l->loss = label_loss_new(&from->loss);
    l->joint = joint_new(config, from->head, model);
    l->seed = rng_fnv(config->seed ^ FNV_START, from->name, strlen(from->name));
    return &l->task;
}

static void takes(struct task *task, const struct frame *frame)
{
    struct labels *l = (struct labels *)task;
    if (is_table(frame, l->config->query.table))
        l->table_rows[SIDE_QUERY] += frame->rows;
    if (is_table(frame, l->config->candidate.table))
        l->table_rows[SIDE_CANDIDATE] += frame->rows;
}

static void start(struct task *task, const struct frame *const *sides, const char *source)
{
    (void)source;
    struct labels *l = (struct labels *)task;
    const struct config_head *head = task->config->head;
    joint_start(l->joint, sides, true);
    if (joint_dim(l->joint) != 1)
        die(EXIT_INPUT, "%s: head %s gives %zu numbers, but task %s predicts one: its last layer could be dense(1)", head->place,
            quoted_text(head->name), joint_dim(l->joint), quoted_text(task->config->name));
    for (size_t s = 0; s < SIDES; s++)
        l->places[s] = places_new(l->table_rows[s], &l->arena);
}

// The labels of the examples. NaN is a missing one: where says that the task does not look at such a row.
static const float *take_labels(struct labels *l, const struct frame *batch, const struct examples *e)
{
    const struct config_task *task = l->task.config;
    const struct label_loss_kind *kind = l->loss.kind;
    const double *all = frame_numbers(batch, task->label, &l->scratch);
    float *taken = arena_array(&l->scratch, e->n, sizeof *taken);
    for (size_t i = 0; i < e->n; i++) {
        double label = all[e->at[i]];
        taken[i] = (float)label;
        if (!isfinite(taken[i]) || (kind->labels != NULL && (taken[i] < kind->low || taken[i] > kind->high)))
            die(EXIT_INPUT, "%s: column %s: row %u: label %g, but loss %s of task %s wants %s", batch->place, quoted_text(task->label),
                e->at[i], label, kind->name, quoted_text(task->name), kind->labels != NULL ? kind->labels : "a finite number");
    }
    return taken;
}

// Where the lists of the batch begin. Without a column that numbers them, rows of one query that stand together are one.
static const uint32_t *take_lists(struct labels *l, const struct frame *batch, const struct examples *e, size_t *n)
{
    const struct cells *column = frame_column_if(batch, "list", "u32");
    const uint32_t *list = column != NULL ? column->values : NULL;
    uint32_t *starts = arena_array(&l->scratch, e->n + 1, sizeof *starts);
    bool several = false;
    *n = 0;
    for (size_t i = 0; i < e->n; i++) {
        bool same = i > 0 && (list != NULL ? list[e->at[i]] == list[e->at[i - 1]] : e->rows[SIDE_QUERY][i] == e->rows[SIDE_QUERY][i - 1]);
        several |= same;
        if (!same)
            starts[(*n)++] = (uint32_t)i;
    }
    starts[*n] = (uint32_t)e->n;
    if (!several)
        die(EXIT_INPUT, "%s: all lists of the batch have one row, but loss %s of task %s compares the rows of a list: [train] lists deals them, "
            "and group = yes keeps a query's rows together", batch->place, l->loss.kind->name, quoted_text(l->task.config->name));
    return starts;
}

static struct joint_pairs pair(struct labels *l, const struct frame *batch, const struct examples *e, uint64_t number)
{
    struct joint_pairs pairs = {.n = e->n, .batch = batch, .at = e->at, .seed = rng_bits(l->seed, number, 0)};
    for (size_t s = 0; s < SIDES; s++)
        joint_number(&pairs, s, e->rows[s], &l->places[s], arena_array(&l->scratch, e->n, sizeof(uint32_t)));
    return pairs;
}

static double step(struct task *task, const struct frame *batch, uint64_t number, struct pool *pool)
{
    struct labels *l = (struct labels *)task;
    arena_reset(&l->scratch);
    struct examples e = examples_take(l->config, task->config, l->table_rows, batch, &l->scratch);
    if (e.n == 0)
        return 0;
    struct label_batch b = {.n = e.n, .weight = e.weight, .mean = task->config->mean, .factor = task->config->weight};
    struct joint_pairs pairs = pair(l, batch, &e, number);
    b.label = take_labels(l, batch, &e);
    if (l->loss.kind->of_lists)
        b.lists = take_lists(l, batch, &e, &b.n_lists);
    b.prediction = joint_forward(l->joint, &pairs, pool);
    b.d_prediction = l->d = memory_grow(l->d, &l->capacity, e.n, sizeof *l->d);
    double loss = label_loss_run(&l->loss, &b);
    if (isfinite(loss))
        joint_backward(l->joint, l->d, pool);
    return loss;
}

static void release(struct task *task)
{
    struct labels *l = (struct labels *)task;
    joint_free(l->joint);
    free(l->d);
    arena_free(&l->arena);
    arena_free(&l->scratch);
    free(l);
}

const struct task_kind task_labels = {
    .make = make, .takes = takes, .start = start, .step = step, .release = release,
};
