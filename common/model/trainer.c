#include "common/model/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/clip.h"
#include "common/model/encoded.h"
#include "common/model/optims.h"
#include "common/model/param.h"
#include "common/model/task.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"

struct trainer {
    const struct config *config;
    struct pool *pool;
    struct model *model;
    struct clip clip;
    struct arena arena;
    struct encoded sides[SIDES];
    const struct frame *side_frames[SIDES];  // once complete
    struct task **tasks;          // (config->n_tasks)
    void (*see)(void *, struct param *const *, size_t, uint64_t);  // or NULL
    void *see_context;
    const char *source;           // the name of the stream, borrowed
    bool loaded, started, batches_came;
    struct gather *metrics;       // metrics/train that came
    struct builder *log, *task_log;  // task_log: NULL unless there are several tasks
    double *losses;               // (config->n_tasks) of the last batch
    uint64_t step;
    size_t train_rows;            // of the interactions, seen so far
    size_t train_queries;         // that have some
    struct trainer_progress progress;
};

static struct schema *metrics_schema(struct arena *arena)
{
    struct schema *schema = schema_new(arena, "metrics/train");
    schema_add(schema, arena, "epoch", type_of("u32"));
    schema_add(schema, arena, "step", type_of("u64"));
    schema_add(schema, arena, "rows", type_of("u32"));
    schema_add(schema, arena, "loss", type_of("f64"));
    return schema;
}

static struct schema *tasks_schema(struct arena *arena)
{
    struct schema *schema = schema_new(arena, "metrics/tasks");
    schema_add(schema, arena, "step", type_of("u64"));
    schema_add(schema, arena, "task", type_of("str"));
    schema_add(schema, arena, "loss", type_of("f64"));
    return schema;
}

struct trainer *trainer_new(const struct config *config, struct pool *pool)
{
    struct trainer *t = memory_zeros(1, sizeof *t);
    t->config = config;
    t->pool = pool;
    t->model = model_new(config, pool);
    t->clip = clip_new(&config->clip);
    t->tasks = arena_zeros(&t->arena, config->n_tasks, sizeof(struct task *));
    for (size_t i = 0; i < config->n_tasks; i++)
        t->tasks[i] = task_new(config, &config->tasks[i], t->model);
    t->log = builder_new(metrics_schema(&t->arena));
    t->losses = arena_zeros(&t->arena, config->n_tasks, sizeof *t->losses);
    if (config->n_tasks > 1)
        t->task_log = builder_new(tasks_schema(&t->arena));
    return t;
}

static const char *side_table(const struct trainer *t, size_t side)
{
    return side == SIDE_QUERY ? t->config->query.table : t->config->candidate.table;
}

// Called before the first batch, or at the end of a stream without any: all that batches refer to must be there.
void trainer_start(struct trainer *t, const char *source)
{
    if (t->started)
        return;
    t->started = true;
    t->source = source;
    for (size_t s = 0; s < SIDES; s++) {
        t->side_frames[s] = encoded_frame(&t->sides[s]);
        if (t->side_frames[s] == NULL)
            die(EXIT_INPUT, "%s: no table %s before the first batch: run vocab first", source, quoted_text(side_table(t, s)));
    }
    model_start(t->model, source);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        task_start(t->tasks[i], t->side_frames, source);
    size_t dealt = t->config->group ? t->train_queries : t->train_rows;
    optims_settle(model_optims(t->model), (dealt + t->config->batch_rows - 1) / t->config->batch_rows * t->config->epochs);
    t->progress.rows_total = t->train_rows * t->config->epochs;
}

static void update_params(struct trainer *t)
{
    size_t n;
    struct param **params = model_params(t->model, &n);
    for (size_t i = 0; i < n; i++)
        if (!param_finite(params[i]))
            die(EXIT_INPUT, "%s: step %llu: the gradient of \"param/%s\" is not finite", t->source, (unsigned long long)t->step,
                params[i]->name);
    if (t->see != NULL)
        t->see(t->see_context, params, n, t->step);
    clip_gradients(&t->clip, params, n);
    for (size_t i = 0; i < n; i++) {
        optim_step(params[i]->optim, params[i], t->step + 1);
        param_clear(params[i]);
    }
}

// Adds a row to metrics/train; row_loss is the loss a row.
static void note_step(struct trainer *t, uint32_t epoch, size_t rows, double loss, double row_loss)
{
    uint32_t n = (uint32_t)rows;
    builder_value(t->log, 0, &epoch);
    builder_value(t->log, 1, &t->step);
    builder_value(t->log, 2, &n);
    builder_value(t->log, 3, &loss);
    builder_row(t->log);
    t->step++;
    t->progress.steps++;
    t->progress.rows += rows;
    t->progress.epoch = epoch;
    t->progress.loss = row_loss;
}

static void take_step(struct trainer *t, const struct frame *batch)
{
    const uint32_t *epoch = frame_column(batch, "epoch", "u32")->values;
    double loss = 0;
    for (size_t i = 0; i < t->config->n_tasks; i++)
        loss += t->losses[i] = task_step(t->tasks[i], batch, t->step, t->pool);
    for (size_t i = 0; t->task_log != NULL && i < t->config->n_tasks; i++) {
        const char *name = t->config->tasks[i].name;
        builder_value(t->task_log, 0, &t->step);
        builder_text(t->task_log, 1, name, strlen(name));
        builder_value(t->task_log, 2, &t->losses[i]);
        builder_row(t->task_log);
    }
    t->progress.losses = t->losses;
    update_params(t);

    note_step(t, epoch[0], batch->rows, loss, t->config->n_tasks > 0 && !t->config->tasks[0].mean ? loss / (double)batch->rows : loss);
}

void trainer_notes(struct trainer *t, uint32_t epoch, size_t rows, double loss)
{
    note_step(t, epoch, rows, loss, loss);
}

static void take_metrics(struct trainer *t, const struct frame *frame)
{
    if (t->metrics == NULL) {
        t->metrics = gather_new();
        gather_add(t->metrics, &(struct frame){.schema = metrics_schema(&t->arena)});
    }
    gather_add(t->metrics, frame);
    const uint64_t *step = frame_column(frame, "step", "u64")->values;
    if (frame->rows > 0 && step[frame->rows - 1] + 1 > t->step)
        t->step = step[frame->rows - 1] + 1;
}

// State of an earlier training.
static bool take_state(struct trainer *t, const struct frame *frame)
{
    if (strcmp(frame->schema->table, "metrics/train") == 0) {
        take_metrics(t, frame);
        return true;
    }
    return model_takes(t->model, frame) || model_takes_slot(t->model, frame);
}

void trainer_watch(struct trainer *t, void (*see)(void *, struct param *const *, size_t, uint64_t), void *context)
{
    t->see = see;
    t->see_context = context;
}

void trainer_passes(struct trainer *t, const struct frame *batch)
{
    for (size_t i = 0; i < t->config->n_tasks; i++)
        task_passes(t->tasks[i], batch);
}

bool trainer_loads(struct trainer *t, const struct frame *frame)
{
    return take_state(t, frame);
}

void trainer_state_elsewhere(struct trainer *t)
{
    t->loaded = true;
}

static bool is_state(const char *table)
{
    return is_model_table(table) || strcmp(table, "metrics/train") == 0;
}

static size_t queries_with_rows(const struct frame *queries)
{
    const struct cells *count = frame_column_if(queries, "count", "u32");
    size_t n = 0;
    for (size_t i = 0; count != NULL && i < queries->rows; i++)
        n += ((const uint32_t *)count->values)[i] > 0;
    return n;
}

// What was made with an earlier model, and does not answer for the one that is trained.
static bool is_index(const char *table)
{
    return is_index_table(table) || strcmp(table, "metrics/tasks") == 0;
}

bool trainer_takes(struct trainer *t, const struct frame *frame, const char *source)
{
    const char *table = frame->schema->table;
    if (strcmp(table, "batches") == 0) {
        t->batches_came = true;
        if (frame->rows > 0) {
            trainer_start(t, source);
            take_step(t, frame);
        }
        return true;
    }
    if (is_index(table))
        return true;
    bool state = is_state(table);
    bool side = strcmp(table, t->config->query.table) == 0 || strcmp(table, t->config->candidate.table) == 0;
    if (t->started && frame->rows > 0 && (state || side))
        die(EXIT_INPUT, "%s: table %s comes after the first batch", frame->place, quoted_text(table));
    if (state)
        return t->loaded || take_state(t, frame);
    if (!t->started)
        model_takes(t->model, frame);
    for (size_t s = 0; s < SIDES; s++)
        if (!t->started && strcmp(table, side_table(t, s)) == 0)
            encoded_add(&t->sides[s], frame);
    if (strcmp(table, t->config->interactions) == 0)
        t->train_rows += frame->rows;
    if (strcmp(table, t->config->query.table) == 0)
        t->train_queries += queries_with_rows(frame);
    model_counts(t->model, frame);
    for (size_t i = 0; !t->started && i < t->config->n_tasks; i++)
        task_takes(t->tasks[i], frame);
    return false;
}

void trainer_end(struct trainer *t, const char *source)
{
    if (!t->batches_came)
        die(EXIT_INPUT, "%s: no table \"batches\": run batch first", source);
    trainer_start(t, source);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        task_end(t->tasks[i]);
}

void trainer_write(const struct trainer *t, struct writer *out)
{
    struct gather *all = gather_new();
    if (t->metrics != NULL)
        gather_add(all, gather_frame(t->metrics));
    gather_add(all, builder_frame(t->log));
    struct arena arena = {0};
    model_write(t->model, out, arena_printf(&arena, "%s: after %llu steps", t->source, (unsigned long long)t->step));
    arena_free(&arena);
    writer_put_sliced(out, gather_frame(all));
    if (t->task_log != NULL)
        writer_put_sliced(out, builder_frame(t->task_log));
    gather_free(all);
}

struct trainer_progress trainer_progress(const struct trainer *t)
{
    struct trainer_progress progress = t->progress;
    progress.step = t->step;
    return progress;
}

const struct frame *trainer_side(const struct trainer *t, size_t side)
{
    return t->side_frames[side];
}

struct model *trainer_model(struct trainer *t)
{
    return t->model;
}

void trainer_free(struct trainer *t)
{
    if (t == NULL)
        return;
    for (size_t s = 0; s < SIDES; s++)
        encoded_free(&t->sides[s]);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        task_free(t->tasks[i]);
    gather_free(t->metrics);
    builder_free(t->log);
    if (t->task_log != NULL)
        builder_free(t->task_log);
    model_free(t->model);
    arena_free(&t->arena);
    free(t);
}
