// The values and slots of all parameters at one moment, held in memory: the best ones, while training goes on.
//
//     struct snapshot *best = snapshot_new();
//     snapshot_take(best, params, n);              // a copy
//     snapshot_restore(best, params, n);           // back again
//
// In a checkpoint it is the tables best/NAME, with the columns `value` and those of the slots.
#ifndef TRAINING_SNAPSHOT_H
#define TRAINING_SNAPSHOT_H

#include <stdbool.h>

#include "common/model/param.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

struct snapshot *snapshot_new(void) __attribute__((warn_unused_result));

void snapshot_take(struct snapshot *snapshot, struct param *const *params, size_t n);
void snapshot_restore(const struct snapshot *snapshot, struct param *const *params, size_t n);
bool snapshot_taken(const struct snapshot *snapshot);

void snapshot_write(const struct snapshot *snapshot, struct param *const *params, size_t n, struct writer *out);

// Takes a frame of best/NAME; false, and nothing done, for any other table. When all came, snapshot_ready makes them the snapshot, if there
// were any; dies with exit code 3 if they do not fit the parameters. `source` names the stream.
bool snapshot_takes(struct snapshot *snapshot, const struct frame *frame);
void snapshot_ready(struct snapshot *snapshot, struct param *const *params, size_t n, const char *source);

#endif
