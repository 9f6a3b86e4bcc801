// train: learn the towers' parameters from batches.
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/model/layer.h"
#include "common/model/loss.h"
#include "common/model/optim.h"
#include "common/model/param.h"
#include "common/model/trainer.h"

static const char *model_path;
static size_t threads;
static bool kinds_wanted;

static const struct arg args[] = {
    ARG_TEXT('m', "model", &model_path, "FILE", "go on from the parameters in FILE"),
    ARG_COUNT('t', "threads", &threads, 0, 1024, "N", "threads; 0: one a processor"),
    ARG_FLAG(0, "kinds", &kinds_wanted, "list layers, losses, optimisers and initialisers with their arguments"),
    ARG_END,
};

static void print_kinds(void)
{
    printf("layers:\n");
    for (size_t i = 0; layer_kinds[i] != NULL; i++)
        kind_print(layer_kinds[i]->name, layer_kinds[i]->help, layer_kinds[i]->args);
    printf("losses:\n");
    for (size_t i = 0; loss_kinds[i] != NULL; i++)
        kind_print(loss_kinds[i]->name, loss_kinds[i]->help, loss_kinds[i]->args);
    printf("optimisers:\n");
    for (size_t i = 0; optim_kinds[i] != NULL; i++)
        kind_print(optim_kinds[i]->name, optim_kinds[i]->help, optim_kinds[i]->args);
    printf("initialisers:\n");
    for (size_t i = 0; init_kinds[i] != NULL; i++)
        kind_print(init_kinds[i]->name, init_kinds[i]->help, init_kinds[i]->args);
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
