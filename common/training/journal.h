// The log of a training: JSON lines, one a step and one an epoch, written as it goes.
//
//     {"event": "step", "step": 12, "epoch": 0, "rows": 1024, "loss": 5.1234,
//      "loss_sum": 5246.36, "losses": {"rating": 0.9, "retrieval": 5245.46}, "lr": {"default": 0.1}, "rows_per_s": 81234}
//     {"event": "epoch", "epoch": 0, "steps": 79, "rows": 80000, "loss": 5.0123, "seconds": 0.98, "metric": "recall", "k": 20,
//      "value": 0.123, "popularity": 0.101, "best": true}
//
// `loss` is the mean a row, `loss_sum` the sum over the batch, which the library logs; `losses` what each task adds, if there are several. An epoch
// has metric, k, value, popularity and best if it was validated.
#ifndef TRAINING_JOURNAL_H
#define TRAINING_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/metric/figures.h"
#include "common/model/optims.h"

// Opens the file, at its end if `append`. Dies with exit code 1.
struct journal *journal_open(const char *path, bool append) __attribute__((warn_unused_result));

struct journal_step {
    uint64_t step;
    uint32_t epoch;
    size_t rows;
    double loss;
    const struct config *config;
    const double *losses;      // (config->n_tasks); NULL: none
};

// `optims` says what the learning rates were.
void journal_step(struct journal *journal, const struct journal_step *step, const struct optims *optims);

//   figure  of the validation, or NULL; best: it is the best so far
void journal_epoch(struct journal *journal, uint32_t epoch, size_t steps, size_t rows, double loss, const struct figure *figure, bool best);

void journal_close(struct journal *journal);

#endif
