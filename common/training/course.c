#include "common/training/course.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/model/task.h"
#include "common/stream/builder.h"
#include "common/stream/reader.h"
#include "common/training/checkpoint.h"
#include "common/training/gradients.h"
#include "common/training/inheritance.h"
#include "common/training/journal.h"
#include "common/training/snapshot.h"
#include "common/training/solver.h"
#include "common/training/validation.h"

struct course {
    const struct config *config;
    const struct header *header;
    struct pool *pool;
    struct course_options options;
    struct trainer *trainer;
    struct solver *solver;           // NULL: batches are learned from
    struct validation *validation;   // NULL if none is wanted, or there is nothing to validate on
    struct inheritance *inheritance;
    struct journal *journal;
    struct gradients *gradients;
    struct snapshot *best;
    struct gather *valid;            // metrics/valid
    struct arena arena;
    struct schema *valid_schema;
    struct checkpoint at;            // where it stands
    uint64_t resume_batches;         // batches to pass over: those before the checkpoint that it goes on from
    uint64_t resume_data;
    struct checkpoint_data data;     // of the vocabularies that came
    bool started, solving, last_is_best, out_of_time;
    uint64_t best_step;
    double started_s, checkpoint_s;
    uint64_t checkpoint_batches;     // when the last checkpoint was written
};

static struct param **params_of(const struct course *c, size_t *n)
{
    return model_params(trainer_model(c->trainer), n);
}

static void make_valid_schema(struct course *c)
{
    static const char *const columns[][2] = {
        {"epoch", "u32"}, {"step", "u64"}, {"metric", "str"}, {"k", "u32"}, {"value", "f64"}, {"popularity", "f64"},
    };
    c->valid_schema = schema_new(&c->arena, "metrics/valid");
    schema_add_all(c->valid_schema, &c->arena, columns, sizeof columns / sizeof *columns);
    c->valid = gather_new();
}

// Takes a checkpoint in, but for what has to wait for the parameters.
static void resume(struct course *c)
{
    struct reader *in = reader_open(c->options.resume);
    trainer_state_elsewhere(c->trainer);
    checkpoint_check(c->config, reader_header(in)->config, c->options.resume);
    bool found = false;
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (is_table(&frame, "checkpoint") && frame.rows > 0) {
            c->at = checkpoint_read(&frame);
            found = true;
        } else if (is_table(&frame, "metrics/valid")) {
            if (!schema_equal(frame.schema, c->valid_schema))
                die(EXIT_INPUT, "%s: table \"metrics/valid\" has other columns than 'train' gives it", frame.place);
            gather_add(c->valid, &frame);
        } else if (!snapshot_takes(c->best, &frame)) {
            trainer_loads(c->trainer, &frame);
        }
    }
    reader_close(in);
    if (!found)
        die(EXIT_INPUT, "%s: no table \"checkpoint\": wanted a file of 'train --checkpoint'", c->options.resume);
    c->resume_batches = c->checkpoint_batches = c->at.batches;
    c->resume_data = c->at.data;
    c->at.batches = 0;
}

static void inherit(struct course *c)
{
    c->inheritance = inheritance_open(c->options.init);
    trainer_state_elsewhere(c->trainer);
    const struct frame *metrics = inheritance_metrics(c->inheritance);
    if (metrics != NULL)
        trainer_loads(c->trainer, metrics);
}

static void see_gradients(void *gradients, struct param *const *params, size_t n, uint64_t step)
{
    gradients_put(gradients, params, n, step);
}

struct course *course_new(const struct config *config, struct pool *pool, const struct header *header, const struct course_options *options)
{
    struct course *c = memory_zeros(1, sizeof *c);
    c->config = config;
    c->header = header;
    c->pool = pool;
    c->options = *options;
    c->trainer = trainer_new(config, pool);
    c->solver = solver_new(config, trainer_model(c->trainer));
    c->validation = validation_new(config);
    c->best = snapshot_new();
    make_valid_schema(c);
    if (options->resume != NULL)
        resume(c);
    if (options->init != NULL)
        inherit(c);
    if (options->log != NULL)
        c->journal = journal_open(options->log, options->resume != NULL);
    if (options->gradients != NULL) {
        c->gradients = gradients_open(options->gradients, header);
        trainer_watch(c->trainer, see_gradients, c->gradients);
    }
    return c;
}

static void start(struct course *c, const char *source)
{
    if (c->started)
        return;
    c->started = true;
    c->at.data = c->data.value;
    if (c->options.resume != NULL && c->data.value != c->resume_data)
        die(EXIT_INPUT, "%s: a checkpoint of other data: its vocabularies are not those of %s", c->options.resume, source);
    trainer_start(c->trainer, source);
    size_t n;
    struct param **params = params_of(c, &n);
    if (c->inheritance != NULL) {
        inheritance_apply(c->inheritance, params, n);
        inheritance_free(c->inheritance);
        c->inheritance = NULL;
    }
    if (c->options.resume != NULL)
        snapshot_ready(c->best, params, n, c->options.resume);
    if (c->validation != NULL &&
        !validation_ready(c->validation, trainer_side(c->trainer, SIDE_QUERY), trainer_side(c->trainer, SIDE_CANDIDATE), source)) {
        warn("%s: no rows in %s: nothing is validated", source, quoted_text(arena_printf(&c->arena, "%s.valid", c->config->interactions)));
        validation_free(c->validation);
        c->validation = NULL;
    }
    c->started_s = c->checkpoint_s = clock_seconds();
}

static void keep_figure(struct course *c, const struct figure *figure)
{
    struct builder *row = builder_new(c->valid_schema);
    uint64_t step = trainer_progress(c->trainer).step;
    uint32_t k = (uint32_t)figure->k;
    builder_value(row, 0, &c->at.epoch);
    builder_value(row, 1, &step);
    builder_text(row, 2, figure->metric, strlen(figure->metric));
    builder_value(row, 3, &k);
    builder_value(row, 4, &figure->value);
    builder_value(row, 5, &figure->popularity);
    builder_row(row);
    gather_add(c->valid, builder_frame(row));
    builder_free(row);
}

// Whether a figure is at least as good as another; one that is none is not.
static bool better(const struct course *c, double a, double b)
{
    return validation_lesser(c->validation) ? a <= b : a >= b;
}

// Returns whether it is the best so far.
static bool validate(struct course *c, struct figure *figure)
{
    *figure = validation_run(c->validation, trainer_model(c->trainer), c->pool);
    keep_figure(c, figure);
    const struct frame *all = gather_frame(c->valid);
    c->last_is_best = all->rows == 1 || (!isnan(figure->value) && !better(c, c->at.best, figure->value));
    if (!c->last_is_best) {
        c->at.since_best++;
        c->at.stopped = c->config->patience > 0 && c->at.since_best >= c->config->patience;
        return false;
    }
    c->at.best = figure->value;
    c->at.since_best = 0;
    size_t n;
    struct param **params = params_of(c, &n);
    if (c->config->best)
        snapshot_take(c->best, params, n);
    return true;
}

static void end_epoch(struct course *c, bool last)
{
    if (c->at.epoch_steps == 0)
        return;
    struct figure figure;
    bool due = c->validation != NULL && (last || (c->at.epoch + 1) % c->config->every == 0), best = due && validate(c, &figure);
    if (c->journal != NULL)
        journal_epoch(c->journal, c->at.epoch, c->at.epoch_steps, c->at.epoch_rows, c->at.epoch_loss / (double)c->at.epoch_rows,
                      due ? &figure : NULL, best);
    c->at.epoch_steps = c->at.epoch_rows = 0;
    c->at.epoch_loss = 0;
}

static void write_checkpoint(struct course *c)
{
    struct writer *out = writer_open(c->options.checkpoint, c->header);
    size_t n;
    struct param **params = params_of(c, &n);
    trainer_write(c->trainer, out);
    if (gather_frame(c->valid) != NULL)
        writer_put_sliced(out, gather_frame(c->valid));
    snapshot_write(c->best, params, n, out);
    checkpoint_write(&c->at, out);
    writer_durable(out);
    writer_end(out);
    c->checkpoint_batches = c->at.batches;
    c->checkpoint_s = clock_seconds();
}

static bool checkpoint_due(const struct course *c)
{
    if (c->options.checkpoint == NULL)
        return false;
    return (c->options.checkpoint_steps > 0 && c->at.batches - c->checkpoint_batches >= c->options.checkpoint_steps) ||
           (c->options.checkpoint_s > 0 && clock_seconds() - c->checkpoint_s >= c->options.checkpoint_s);
}

static void take_batch(struct course *c, const struct frame *frame, const char *source)
{
    start(c, source);
    if (c->at.batches < c->resume_batches) {
        trainer_passes(c->trainer, frame);
        c->at.batches++;
        return;
    }
    if (c->at.stopped || c->out_of_time)
        return;
    uint32_t epoch = *(const uint32_t *)frame_column(frame, "epoch", "u32")->values;
    if (epoch != c->at.epoch)
        end_epoch(c, false);
    if (c->at.stopped)
        return;
    c->at.epoch = epoch;
    trainer_takes(c->trainer, frame, source);
    struct trainer_progress now = trainer_progress(c->trainer);
    c->at.batches++;
    c->at.epoch_steps++;
    c->at.epoch_rows += frame->rows;
    c->at.epoch_loss += now.loss * (double)frame->rows;
    if (c->journal != NULL)
        journal_step(c->journal, &(struct journal_step){now.step - 1, epoch, frame->rows, now.loss, c->config, now.losses},
                     model_optims(trainer_model(c->trainer)));
    if (checkpoint_due(c))
        write_checkpoint(c);
    c->out_of_time = c->options.max_time_s > 0 && clock_seconds() - c->started_s >= c->options.max_time_s;
}

// The solver begins, or goes on behind the iterations of a checkpoint.
static void start_solver(struct course *c, const char *source)
{
    if (c->solving)
        return;
    c->solving = true;
    start(c, source);
    solver_start(c->solver, trainer_side(c->trainer, SIDE_QUERY), trainer_side(c->trainer, SIDE_CANDIDATE), source);
    c->at.batches = c->resume_batches;
}

bool course_solves(struct course *c, const char *source)
{
    if (c->solver == NULL)
        return false;
    start_solver(c, source);
    if (c->at.stopped || c->out_of_time || c->at.batches >= solver_iterations(c->solver))
        return false;
    end_epoch(c, false);
    if (c->at.stopped)
        return false;
    double loss = solver_iterate(c->solver, c->pool);
    if (!isfinite(loss))
        die(EXIT_INPUT, "%s: iteration %llu: the loss is not finite", source, (unsigned long long)c->at.batches);
    c->at.epoch = (uint32_t)c->at.batches++;
    c->at.epoch_steps = 1;
    c->at.epoch_rows = solver_rows(c->solver);
    c->at.epoch_loss = loss * (double)c->at.epoch_rows;
    trainer_notes(c->trainer, c->at.epoch, c->at.epoch_rows, loss);
    if (checkpoint_due(c))
        write_checkpoint(c);
    c->out_of_time = c->options.max_time_s > 0 && clock_seconds() - c->started_s >= c->options.max_time_s;
    return true;
}

bool course_takes(struct course *c, const struct frame *frame, const char *source)
{
    if (c->solver != NULL) {
        if (is_table(frame, "batches"))
            return true;
        solver_looks(c->solver, frame);
    }
    if (is_table(frame, "batches") && frame->rows > 0) {
        take_batch(c, frame, source);
        return true;
    }
    if (!c->started)
        checkpoint_look(&c->data, frame);
    if (c->validation != NULL && !c->started)
        validation_looks(c->validation, frame);
    if (c->inheritance != NULL)
        inheritance_looks(c->inheritance, frame);
    return trainer_takes(c->trainer, frame, source);
}

void course_end(struct course *c, const char *source)
{
    start(c, source);
    if (c->solver == NULL)
        trainer_end(c->trainer, source);
    if (c->at.batches < c->resume_batches)
        die(EXIT_INPUT, "%s: the checkpoint was made after %llu batches, but %s has only %llu", c->options.resume,
            (unsigned long long)c->resume_batches, source, (unsigned long long)c->at.batches);
    if (c->options.checkpoint != NULL && c->at.batches > c->checkpoint_batches)
        write_checkpoint(c);
    end_epoch(c, true);
    size_t n;
    struct param **params = params_of(c, &n);
    if (c->config->best && snapshot_taken(c->best) && !c->last_is_best)
        snapshot_restore(c->best, params, n);
    journal_close(c->journal);
    c->journal = NULL;
    gradients_close(c->gradients);
    c->gradients = NULL;
}

void course_write(const struct course *c, struct writer *out)
{
    trainer_write(c->trainer, out);
    if (gather_frame(c->valid) != NULL)
        writer_put_sliced(out, gather_frame(c->valid));
}

struct trainer_progress course_progress(const struct course *c)
{
    struct trainer_progress progress = trainer_progress(c->trainer);
    if (c->solver != NULL)
        progress.rows_total = solver_rows(c->solver) * solver_iterations(c->solver);
    return progress;
}

const char *course_best(const struct course *c)
{
    static char text[96];
    if (c->validation == NULL || gather_frame(c->valid) == NULL)
        return "";
    if (validation_k(c->validation) == 0)
        snprintf(text, sizeof text, " %s=%.4g", validation_metric(c->validation), c->at.best);
    else
        snprintf(text, sizeof text, " %s@%zu=%.4g", validation_metric(c->validation), validation_k(c->validation), c->at.best);
    return text;
}
