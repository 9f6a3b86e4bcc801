// train: learn the towers' parameters from batches.
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/model/clip.h"
#include "common/model/label_loss.h"
#include "common/model/layer.h"
#include "common/model/loss.h"
#include "common/model/optim.h"
#include "common/model/param.h"
#include "common/model/pooling.h"
#include "common/model/sampler.h"
#include "common/model/schedule.h"
#include "common/model/task.h"
#include "common/training/course.h"
#include "common/training/solver.h"

static struct course_options options;
static size_t threads, checkpoint_minutes;
static bool kinds_wanted;

static const struct arg args[] = {
    ARG_TEXT('i', "init", &options.init, "FILE", "go on from the model in FILE; vocabularies may have grown"),
    ARG_TEXT(0, "checkpoint", &options.checkpoint, "FILE", "write to FILE all that is needed to go on"),
    ARG_COUNT(0, "checkpoint-steps", &options.checkpoint_steps, 0, 1e9, "N", "every N steps; 0: not by steps"),
    ARG_COUNT(0, "checkpoint-minutes", &checkpoint_minutes, 0, 1e6, "M", "every M minutes; 0: not by time"),
    ARG_TEXT('r', "resume", &options.resume, "FILE", "go on from the checkpoint in FILE, with the same stream as input"),
    ARG_REAL(0, "max-time", &options.max_time_s, 0, 1e9, "SECONDS", "stop after so long; 0: never"),
    ARG_TEXT('l', "log", &options.log, "FILE", "write a line of JSON for every step and epoch"),
    ARG_TEXT(0, "gradients", &options.gradients, "FILE", "write the gradients of every step to FILE, a stream for show"),
    ARG_COUNT('t', "threads", &threads, 0, POOL_THREADS_MAX, "N", "threads; 0: one a processor"),
    ARG_FLAG(0, "kinds", &kinds_wanted, "list layers, losses, optimisers and the like with their arguments"),
    ARG_END,
};

#define PRINT_KINDS(title, kinds) \
    do { \
        printf("%s:\n", title); \
        for (size_t i = 0; (kinds)[i] != NULL; i++) \
            kind_print((kinds)[i]->name, (kinds)[i]->help, (kinds)[i]->args); \
    } while (0)

static void print_kinds(void)
{
    PRINT_KINDS("poolings", pooling_kinds);
    PRINT_KINDS("layers", layer_kinds);
    PRINT_KINDS("losses of retrieval", loss_kinds);
    PRINT_KINDS("losses of labels", label_loss_kinds);
    printf("losses of views:\n");
    kind_print("infonce", "a row's two views against those of other rows", infonce_args);
    PRINT_KINDS("samplers of negatives", sampler_kinds);
    PRINT_KINDS("optimisers", optim_kinds);
    PRINT_KINDS("learning rates", schedule_kinds);
    PRINT_KINDS("clipping", clip_kinds);
    PRINT_KINDS("initialisers", init_kinds);
    PRINT_KINDS("solvers", solver_kinds);
}

static const struct usage usage = {
    .purpose = "learn the towers' parameters from batches",
    .synopsis = "[-i MODEL | -r CHECKPOINT] [--checkpoint FILE --checkpoint-steps N] [--max-time S] [FILE]",
    .example = "batch < encoded.mp | train | embed > embedded.mp",
    .see_also = "batch, embed",
};

static void show_progress(struct progress *progress, const struct trainer_progress *now)
{
    progress->total = now->rows_total;
    progress_step(progress, now->rows, "epoch %u loss %.4f", now->epoch + 1, now->loss);
}

// Whether a table's column `vector` comes from an earlier model, and not from the user.
static bool was_embedded(const struct header *header)
{
    for (size_t i = 0; i < header->n_history; i++)
        if (strcmp(header->history[i].stage, "embed") == 0)
            return true;
    return false;
}

// Forwards a table that is not train's, without the vectors of an earlier model.
static void forward(const struct frame *frame, bool embedded, struct arena *arena, struct writer *out)
{
    size_t column = embedded ? schema_find(frame->schema, "vector") : SIZE_MAX;
    if (column == SIZE_MAX || frame->schema->n == 1) {
        writer_put(out, frame);
        return;
    }
    arena_reset(arena);
    struct frame without = frame_without(frame, column, arena);
    writer_put(out, &without);
}

// The log is written from its first line on, so it must be a file of its own; the checkpoint and the output would replace each other.
static void check_files(const char *input)
{
    const char *in = strcmp(input, "-") == 0 ? "/dev/stdin" : input;
    const char *out = strcmp(stage.output, "-") == 0 ? "/dev/stdout" : stage.output;
    const struct { const char *option, *path, *other_option, *other; } apart[] = {
        {"--log", options.log, "the input", in},          {"--log", options.log, "--output", out},
        {"--log", options.log, "--init", options.init},   {"--log", options.log, "--resume", options.resume},
        {"--log", options.log, "--checkpoint", options.checkpoint}, {"--log", options.log, "--gradients", options.gradients},
        {"--checkpoint", options.checkpoint, "the input", in}, {"--checkpoint", options.checkpoint, "--output", out},
    };
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (apart[i].path != NULL && apart[i].other != NULL && output_same(apart[i].path, apart[i].other))
            die_usage("%s %s: the same file as %s", apart[i].option, quoted_text(apart[i].path), apart[i].other_option);
    if (options.checkpoint != NULL && (options.checkpoint[0] == '\0' || strcmp(options.checkpoint, "-") == 0))
        die_usage("--checkpoint %s: wanted the name of a file", quoted_text(options.checkpoint));
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (kinds_wanted) {
        print_kinds();
        stage_printed();
    }
    if (options.init != NULL && options.resume != NULL)
        die_usage("--init and --resume: choose one");
    if (options.checkpoint == NULL && (options.checkpoint_steps > 0 || checkpoint_minutes > 0))
        die_usage("--checkpoint-%s: only with --checkpoint", options.checkpoint_steps > 0 ? "steps" : "minutes");
    check_files(path);
    options.checkpoint_s = 60 * (double)checkpoint_minutes;
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct pool *pool = pool_new(stage_threads(threads));
    struct course *course = course_new(config, pool, reader_header(in), &options);
    struct writer *out = writer_open(stage.output, reader_header(in));

    struct progress progress = progress_begin("rows", 0);
    bool embedded = was_embedded(reader_header(in));
    struct arena arena = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (!course_takes(course, &frame, reader_name(in))) {
            forward(&frame, embedded, &arena, out);
            continue;
        }
        struct trainer_progress now = course_progress(course);
        show_progress(&progress, &now);
    }
    while (course_solves(course, reader_name(in))) {
        struct trainer_progress now = course_progress(course);
        show_progress(&progress, &now);
    }
    course_end(course, reader_name(in));
    progress_end(&progress);
    course_write(course, out);
    writer_end(out);

    struct trainer_progress end = course_progress(course);
    struct bytes losses = {0};
    for (size_t i = 0; end.losses != NULL && config->n_tasks > 1 && i < config->n_tasks; i++)
        bytes_printf(&losses, " loss/%s=%.6g", config->tasks[i].name, end.losses[i]);
    stage_end("steps=%llu rows=%zu loss=%.6g%s%s", (unsigned long long)end.steps, end.rows, end.loss, losses.length > 0 ? losses.data : "",
              course_best(course));
    return 0;
}
