// train: learn the towers' parameters from batches.
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/model/clip.h"
#include "common/model/layer.h"
#include "common/model/loss.h"
#include "common/model/optim.h"
#include "common/model/param.h"
#include "common/model/sampler.h"
#include "common/model/trainer.h"

static const char *model_path;
static size_t threads;
static bool kinds_wanted;

static const struct arg args[] = {
    ARG_TEXT('m', "model", &model_path, "FILE", "go on from the parameters in FILE"),
    ARG_COUNT('t', "threads", &threads, 0, 1024, "N", "threads; 0: one a processor"),
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
    PRINT_KINDS("layers", layer_kinds);
    PRINT_KINDS("losses", loss_kinds);
    PRINT_KINDS("samplers of negatives", sampler_kinds);
    PRINT_KINDS("optimisers", optim_kinds);
    PRINT_KINDS("learning rates", schedule_kinds);
    PRINT_KINDS("clipping", clip_kinds);
    PRINT_KINDS("initialisers", init_kinds);
}

static const struct usage usage = {
    .purpose = "learn the towers' parameters from batches",
    .synopsis = "[-m FILE] [-t N] [FILE]",
    .example = "batch < encoded.mp | train | embed > embedded.mp",
    .see_also = "batch, embed",
};

static void show_progress(struct progress *progress, const struct trainer_progress *now)
{
    progress->total = now->rows_total;
    progress_step(progress, now->rows, "epoch %u loss %.4f", now->epoch + 1, now->loss);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (kinds_wanted) {
        print_kinds();
        if (fflush(stdout) != 0)
            die(EXIT_WORLD, "write <stdout>:");
        return 0;
    }
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct pool *pool = pool_new(stage_threads(threads));
    struct trainer *trainer = trainer_new(config, pool);
    if (model_path != NULL)
        trainer_load(trainer, reader_open(model_path));
    struct writer *out = writer_open(stage.output, reader_header(in));

    struct progress progress = progress_begin("rows", 0);
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (!trainer_takes(trainer, &frame, reader_name(in))) {
            writer_put(out, &frame);
            continue;
        }
        struct trainer_progress now = trainer_progress(trainer);
        show_progress(&progress, &now);
    }
    trainer_end(trainer, reader_name(in));
    progress_end(&progress);
    trainer_write(trainer, out);
    writer_end(out);

    struct trainer_progress end = trainer_progress(trainer);
    stage_end("steps=%llu rows=%zu loss=%.6g", (unsigned long long)end.steps, end.rows, end.loss);
    return 0;
}
