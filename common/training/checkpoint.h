// Checkpoints: all that a training needs to go on to the same bytes as if it had never been stopped, as a stream of tables.
//
//     param/*, slot/*, metrics/train, metrics/valid   as train writes them
//     best/*                                          the best parameters so far (snapshot.h)
//     checkpoint                                      one row: where it stands
//
// The file is written aside and renamed, so that one which is whole stands under its name at any moment.
#ifndef TRAINING_CHECKPOINT_H
#define TRAINING_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

struct checkpoint {
    uint64_t batches;        // taken from the stream so far
    uint64_t data;           // fingerprint of the vocabularies
    uint32_t epoch;          // of the last batch
    uint64_t epoch_steps, epoch_rows;
    double epoch_loss;       // sum over the rows of the epoch
    double best;             // figure of the best validation
    uint64_t since_best;     // validations after it
    bool stopped;            // no further batch is wanted
};

void checkpoint_write(const struct checkpoint *checkpoint, struct writer *out);

// Reads the one row of the table `checkpoint`.
struct checkpoint checkpoint_read(const struct frame *frame);

// A fingerprint of the vocabularies of a stream: the tables vocab/*, vector/* and stats/*, however their rows are grouped into frames.
// Start from {0}; other tables add nothing; `value` stays 0 if none of these came.
struct checkpoint_data {
    uint64_t value, rows;              // rows: of the table that comes
    char table[NAME_BYTES_MAX + 1];
};
void checkpoint_look(struct checkpoint_data *data, const struct frame *frame);

// Dies with exit code 3 unless the configuration in the text (of the stream `source`) trains the same model in the same way: features, towers,
// tasks, optimisers, seed and batches. Epochs may be added.
void checkpoint_check(const struct config *config, const char *text, const char *source);

#endif
