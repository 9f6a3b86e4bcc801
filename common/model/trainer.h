// Training: batches go in, the model's parameters follow.
//
//     struct trainer *trainer = trainer_new(config, pool);
//     while (reader_next(in, &frame))
//         if (!trainer_takes(trainer, &frame, name))        // batches: a step; params, slots, metrics/train: taken
//             writer_put(out, &frame);
//     trainer_end(trainer, name);
//     trainer_write(trainer, out);                          // param/*, slot/*, metrics/train; metrics/tasks if there are several tasks
//
// A step evaluates the towers once for each distinct query and candidate of the batch and its negatives, and each task's loss on those. The
// columns feature/* of both sides' tables are held, and what the negatives need (pairing.h); nothing else of the stream is.
//
// Dies with exit code 3 if a table is missing, an id is out of range, a weight or a loss or a gradient is not finite.
#ifndef MODEL_TRAINER_H
#define MODEL_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/model/model.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

struct param;
struct trainer;

// Checks the configuration's tasks, losses, layers and optimisers; borrows config and pool.
struct trainer *trainer_new(const struct config *config, struct pool *pool) __attribute__((warn_unused_result));
void trainer_free(struct trainer *trainer);

// Takes a frame of parameters, slots or metrics/train from another stream, to go on from; false, and nothing done, for any other.
bool trainer_loads(struct trainer *trainer, const struct frame *frame);

// Says that such state comes from elsewhere: what the main stream has of it is left out.
void trainer_state_elsewhere(struct trainer *trainer);

// Declares complete all that comes before the batches: parameters are initialised, and the sides' tables whole. The first batch does it
// otherwise. Dies with exit code 3 if something is missing.
void trainer_start(struct trainer *trainer, const char *source);

// Has every step's gradients seen before they are clipped: see(context, params, n, step), steps counted from 0. NULL: by nobody.
void trainer_watch(struct trainer *trainer, void (*see)(void *, struct param *const *, size_t, uint64_t), void *context);

// Once started: passes over a batch that was learned from before; the samplers remember it as if it had been now.
void trainer_passes(struct trainer *trainer, const struct frame *batch);

// Once started: the columns feature/* of a side's table (SIDE_QUERY or SIDE_CANDIDATE), borrowed.
const struct frame *trainer_side(const struct trainer *trainer, size_t side);

// True if the frame was taken: it is not to be forwarded. An index of an earlier model is. `source` names the stream in messages.
bool trainer_takes(struct trainer *trainer, const struct frame *frame, const char *source);

// Notes a step that was made by other means (training/solver.h), in metrics/train and in the progress.
void trainer_notes(struct trainer *trainer, uint32_t epoch, size_t rows, double loss);

// Declares the stream complete; dies if no table `batches` came.
void trainer_end(struct trainer *trainer, const char *source);

// Dies with exit code 3 if a parameter is not finite.
void trainer_write(const struct trainer *trainer, struct writer *out);

// How far it is, for progress: steps and rows so far, rows to come in all (0: not known), loss and epoch of the last batch.
struct trainer_progress {
    uint64_t steps, step;  // in this run, and with those of the trainings before
    size_t rows, rows_total;
    uint32_t epoch;
    double loss;      // a row
    const double *losses;  // (config->n_tasks) of the last batch, each task's, as it enters the sum; NULL before the first
};
struct trainer_progress trainer_progress(const struct trainer *trainer);

struct model *trainer_model(struct trainer *trainer);

#endif
