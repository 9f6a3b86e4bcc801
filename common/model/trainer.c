#include "common/model/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/clip.h"
#include "common/model/loss.h"
#include "common/model/pairing.h"
#include "common/model/tower.h"

enum { QUERY, CANDIDATE, SIDES };

// What training needs of one side's table.
struct side_rows {
    const struct config_side *config;
    struct gather *gather;       // feature/*
    struct schema *schema;       // of the gather
    const struct frame *frame;   // once complete
};

struct task {
    const struct config_task *config;
    struct loss *loss;
    struct pairing *pairing;
    const struct tower *towers[SIDES];
    const uint32_t **columns[SIDES];  // (n_inputs) ids by row of the side's table
    struct tower_run runs[SIDES];
    float *d_vectors[SIDES];
    size_t d_capacity[SIDES];
};

struct trainer {
    const struct config *config;
    struct pool *pool;
    struct model *model;
    struct clip clip;
    struct arena arena;
    struct side_rows sides[SIDES];
    struct task *tasks;           // (config->n_tasks)
    bool loaded, started, batches_came;
    struct gather *metrics;       // metrics/train that came
    struct builder *log;
    uint64_t step;
    size_t train_rows;            // of the interactions, seen so far
    struct trainer_progress progress;
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static struct schema *metrics_schema(struct arena *arena)
{
    struct schema *schema = schema_new(arena, "metrics/train");
    schema_add(schema, arena, "epoch", type_of("u32"));
    schema_add(schema, arena, "step", type_of("u64"));
    schema_add(schema, arena, "rows", type_of("u32"));
    schema_add(schema, arena, "loss", type_of("f64"));
    return schema;
}

static void check_towers(const struct task *task)
{
    const struct config_task *config = task->config;
    size_t query = task->towers[QUERY]->dim, candidate = task->towers[CANDIDATE]->dim;
    if (query != candidate * config->heads)
        die(EXIT_INPUT, "%s: tower %s gives %zu numbers and tower %s %zu: they cannot be compared%s", config->place,
            quoted_text(config->query->name), query, quoted_text(config->candidate->name), candidate,
            config->heads > 1 ? ", but by as many heads as the first is wider" : "");
    const struct config_tower *towers[SIDES] = {config->query, config->candidate};
    for (size_t s = 0; s < SIDES && task->loss->kind->cosine; s++)
        if (towers[s]->n_layers == 0 || strcmp(towers[s]->layers[towers[s]->n_layers - 1].name, "normalize") != 0)
            die(EXIT_INPUT, "%s: loss %s compares cosines: the last layer of tower %s has to be normalize()", config->place,
                task->loss->kind->name, quoted_text(towers[s]->name));
}

struct trainer *trainer_new(const struct config *config, struct pool *pool)
{
    struct trainer *t = memory_zeros(1, sizeof *t);
    t->config = config;
    t->pool = pool;
    t->model = model_new(config, pool);
    t->clip = clip_new(&config->clip);
    t->sides[QUERY].config = &config->query;
    t->sides[CANDIDATE].config = &config->candidate;
    t->tasks = arena_zeros(&t->arena, config->n_tasks, sizeof *t->tasks);
    for (size_t i = 0; i < config->n_tasks; i++) {
        struct task *task = &t->tasks[i];
        task->config = &config->tasks[i];
        if (strcmp(task->config->kind.name, "retrieval") != 0)
            kind_unknown(&task->config->kind, "task", (const char *const[]){"retrieval"}, 1);
        task->loss = loss_new(&task->config->loss);
        task->pairing = pairing_new(config, task->config, task->loss->kind);
        task->towers[QUERY] = model_tower(t->model, task->config->query);
        task->towers[CANDIDATE] = model_tower(t->model, task->config->candidate);
        check_towers(task);
    }
    t->log = builder_new(metrics_schema(&t->arena));
    return t;
}

// Keeps what is needed of the rows of a side's table.
static void keep_side(struct trainer *t, struct side_rows *side, const struct frame *frame)
{
    const struct schema *from = frame->schema;
    struct cells cells[COLUMNS_MAX];
    if (side->gather == NULL) {
        side->gather = gather_new();
        side->schema = schema_new(&t->arena, from->table);
        for (size_t i = 0; i < from->n; i++)
            if (has_prefix(from->columns[i].name, "feature/"))
                schema_add(side->schema, &t->arena, from->columns[i].name, from->columns[i].type);
    }
    for (size_t i = 0, n = 0; i < from->n && n < side->schema->n; i++)
        if (strcmp(from->columns[i].name, side->schema->columns[n].name) == 0)
            cells[n++] = frame->cells[i];
    gather_add(side->gather, &(struct frame){.schema = side->schema, .rows = frame->rows, .cells = cells, .place = frame->place});
}

static void start_side(struct side_rows *side, const char *source)
{
    if (side->gather == NULL)
        die(EXIT_INPUT, "%s: no table %s before the first batch: run vocab first", source, quoted_text(side->config->table));
    side->frame = gather_frame(side->gather);
}

// Called before the first batch, or at the end of a stream without any: all that batches refer to must be there.
void trainer_start(struct trainer *t, const char *source)
{
    if (t->started)
        return;
    t->started = true;
    model_start(t->model, source);
    for (size_t s = 0; s < SIDES; s++)
        start_side(&t->sides[s], source);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        pairing_start(t->tasks[i].pairing, source);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        for (size_t s = 0; s < SIDES; s++) {
            const struct tower *tower = t->tasks[i].towers[s];
            t->tasks[i].columns[s] = arena_zeros(&t->arena, tower->n_inputs, sizeof *t->tasks[i].columns[s]);
            for (size_t j = 0; j < tower->n_inputs; j++)
                t->tasks[i].columns[s][j] = model_ids(tower->inputs[j], t->sides[s].frame);
        }
    t->progress.rows_total = t->train_rows * t->config->epochs;
}

// One task's loss; adds its gradient to the parameters.
static double run_task(struct trainer *t, struct task *task, const struct frame *frame)
{
    struct pairing *pairing = task->pairing;
    pairing_fill(pairing, frame, t->step, false);
    struct loss_batch *batch = &pairing->batch;
    if (batch->n == 0)
        return 0;
    const uint32_t *rows[SIDES] = {pairing->queries, pairing->candidates};
    const size_t n[SIDES] = {batch->n_queries, batch->n_candidates};
    const float *vectors[SIDES];
    for (size_t s = 0; s < SIDES; s++) {
        const struct tower *tower = task->towers[s];
        vectors[s] = tower_forward(tower, &task->runs[s], task->columns[s], rows[s], n[s]);
        task->d_vectors[s] = memory_grow(task->d_vectors[s], &task->d_capacity[s], n[s] * tower->dim, sizeof(float));
    }
    batch->dim = task->towers[CANDIDATE]->dim;
    batch->query = vectors[QUERY];
    batch->candidate = vectors[CANDIDATE];
    batch->d_query = task->d_vectors[QUERY];
    batch->d_candidate = task->d_vectors[CANDIDATE];
    double loss = loss_run(task->loss, batch, t->pool);
    if (!isfinite(loss))
        die(EXIT_INPUT, "step %llu: the loss of task %s is %g", (unsigned long long)t->step, quoted_text(task->config->name), loss);
    for (size_t s = 0; s < SIDES; s++)
        tower_backward(task->towers[s], &task->runs[s], task->d_vectors[s]);
    pairing_note(pairing);
    return loss;
}

static void update_params(struct trainer *t)
{
    size_t n;
    struct param **params = model_params(t->model, &n);
    for (size_t i = 0; i < n; i++)
        if (!param_finite(params[i]))
            die(EXIT_INPUT, "step %llu: the gradient of \"param/%s\" is not finite", (unsigned long long)t->step, params[i]->name);
    clip_gradients(&t->clip, params, n);
    for (size_t i = 0; i < n; i++) {
        optim_step(params[i]->optim, params[i], t->step + 1);
        param_clear(params[i]);
    }
}

static void take_step(struct trainer *t, const struct frame *batch)
{
    const uint32_t *epoch = frame_column(batch, "epoch", "u32")->values;
    double loss = 0;
    for (size_t i = 0; i < t->config->n_tasks; i++)
        loss += run_task(t, &t->tasks[i], batch);
    update_params(t);

    uint32_t n = (uint32_t)batch->rows;
    builder_value(t->log, 0, &epoch[0]);
    builder_value(t->log, 1, &t->step);
    builder_value(t->log, 2, &n);
    builder_value(t->log, 3, &loss);
    builder_row(t->log);
    t->step++;
    t->progress.steps++;
    t->progress.rows += batch->rows;
    t->progress.epoch = epoch[0];
    t->progress.loss = t->config->n_tasks > 0 && !t->config->tasks[0].mean ? loss / n : loss;
}

static void take_metrics(struct trainer *t, const struct frame *frame)
{
    if (t->metrics == NULL)
        t->metrics = gather_new();
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

void trainer_passes(struct trainer *t, const struct frame *batch)
{
    for (size_t i = 0; i < t->config->n_tasks; i++) {
        struct pairing *pairing = t->tasks[i].pairing;
        pairing_fill(pairing, batch, t->step, false);
        if (pairing->batch.n > 0)
            pairing_note(pairing);
    }
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
    return has_prefix(table, "param/") || has_prefix(table, "slot/") || strcmp(table, "metrics/train") == 0;
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
    bool state = is_state(table);
    bool side = strcmp(table, t->config->query.table) == 0 || strcmp(table, t->config->candidate.table) == 0;
    if (t->started && frame->rows > 0 && (state || side))
        die(EXIT_INPUT, "%s: table %s comes after the first batch", frame->place, quoted_text(table));
    if (state)
        return t->loaded || take_state(t, frame);
    for (size_t s = 0; s < SIDES; s++)
        if (!t->started && strcmp(table, t->sides[s].config->table) == 0)
            keep_side(t, &t->sides[s], frame);
    if (strcmp(table, t->config->interactions) == 0)
        t->train_rows += frame->rows;
    model_counts(t->model, frame);
    for (size_t i = 0; !t->started && i < t->config->n_tasks; i++)
        pairing_takes(t->tasks[i].pairing, frame);
    return false;
}

void trainer_end(struct trainer *t, const char *source)
{
    if (!t->batches_came)
        die(EXIT_INPUT, "%s: no table \"batches\": run batch first", source);
    trainer_start(t, source);
    for (size_t i = 0; i < t->config->n_tasks; i++)
        pairing_end(t->tasks[i].pairing);
}

void trainer_write(const struct trainer *t, struct writer *out)
{
    struct gather *all = gather_new();
    if (t->metrics != NULL)
        gather_add(all, gather_frame(t->metrics));
    gather_add(all, builder_frame(t->log));
    model_write(t->model, out);
    writer_put_sliced(out, gather_frame(all));
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
    return t->sides[side].frame;
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
        gather_free(t->sides[s].gather);
    for (size_t i = 0; i < t->config->n_tasks; i++) {
        for (size_t s = 0; s < SIDES; s++) {
            tower_run_free(t->tasks[i].towers[s], &t->tasks[i].runs[s]);
            free(t->tasks[i].d_vectors[s]);
        }
        loss_free(t->tasks[i].loss);
        pairing_free(t->tasks[i].pairing);
    }
    gather_free(t->metrics);
    builder_free(t->log);
    model_free(t->model);
    arena_free(&t->arena);
    free(t);
}
