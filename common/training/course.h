// The course of a training: from what it begins, epoch by epoch with validations, checkpoints and a log, until it ends. It drives the
// trainer (model/trainer.h), which knows steps only.
//
//     struct course *course = course_new(config, pool, reader_header(in), &options);
//     while (reader_next(in, &frame))
//         if (!course_takes(course, &frame, name))
//             writer_put(out, &frame);
//     while (course_solves(course, name))         // where a solver learns, in place of batches: an iteration
//         ;
//     course_end(course, name);
//     course_write(course, out);                  // param/*, slot/*, metrics/train, metrics/valid
//
// After the last batch that is wanted, the rest are taken and passed over. An epoch ends where a batch of another begins, or the stream.
// With a solver (solver.h) no batch is wanted; its iterations are epochs of one step each.
#ifndef TRAINING_COURSE_H
#define TRAINING_COURSE_H

#include <stdbool.h>

#include "common/config/config.h"
#include "common/model/trainer.h"
#include "common/stream/header.h"

struct course_options {
    const char *init;                // a model to begin with (inheritance.h), or NULL
    const char *resume;              // a checkpoint to go on from, or NULL
    const char *checkpoint;          // where to write them, or NULL
    size_t checkpoint_steps;         // steps and seconds between them; 0: not by these
    double checkpoint_s;
    double max_time_s;               // 0: no bound
    const char *log;                 // journal.h, or NULL
    const char *gradients;           // gradients.h, or NULL
};

// Checks the configuration's part in training; borrows everything. `header` is what checkpoints carry.
struct course *course_new(const struct config *config, struct pool *pool, const struct header *header,
                          const struct course_options *options) __attribute__((warn_unused_result));

// True if the frame was taken: it is not to be forwarded. `source` names the stream in messages.
bool course_takes(struct course *course, const struct frame *frame, const char *source);

// Once the stream was read: an iteration of the solver. False, and nothing done, if there is no solver or no further one is wanted.
bool course_solves(struct course *course, const char *source);

// Declares the stream complete: the last checkpoint and validation, and the best parameters put back.
void course_end(struct course *course, const char *source);

void course_write(const struct course *course, struct writer *out);

struct trainer_progress course_progress(const struct course *course);

// The best validation, as "recall(20)=0.123 at step 400", in a static buffer; "" if there was none.
const char *course_best(const struct course *course);

#endif
