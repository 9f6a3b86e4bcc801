// Who meets whom in a step of a task: its examples, the distinct queries and candidates in them, and the negatives.
//
//     struct pairing *pairing = pairing_new(config, task, loss->kind);
//     pairing_takes(pairing, &frame);                          // every frame before the first batch: looked at, copied where needed
//     pairing_start(pairing, source);
//     pairing_fill(pairing, &batch, step, false);
//     ... vectors of pairing->queries and pairing->candidates into pairing->batch ...
//     double value = loss_run(loss, &pairing->batch, pool);
//     pairing_note(pairing);                                   // the queue remembers
//
// Reads of the task: where, negatives, mask, logq, remove_hits, mean, weight, heads.
// Holds the counts of the candidates; the table `seen` if mask = seen; the candidates' keys if a column lists some.
#ifndef MODEL_PAIRING_H
#define MODEL_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/model/loss.h"
#include "common/stream/frame.h"

struct pairing {
    struct loss_batch batch;        // all but dim and vectors; borrowed until the next pairing_fill
    const uint32_t *queries;        // (batch.n_queries) rows of the queries' table
    const uint32_t *candidates;     // (batch.n_candidates) rows of the candidates' table
    const uint32_t *rows;           // (batch.n_queries) for each query, a row of the batch that has it
    struct pairing_work *work;      // what it knows and holds
};

// Checks the task's keys; borrows config and task. Dies with exit code 3 and the place of what is wrong.
struct pairing *pairing_new(const struct config *config, const struct config_task *task, const struct loss_kind *loss)
    __attribute__((warn_unused_result));
void pairing_free(struct pairing *pairing);

void pairing_takes(struct pairing *pairing, const struct frame *frame);

// Declares complete what came; `source` names the stream in messages.
void pairing_start(struct pairing *pairing, const char *source);

// Makes queries, candidates and batch of a frame of `batches`. Dies with exit code 3 if a row number is out of range, a weight not finite, a
// column missing. batch.n is 0 if `where` leaves no example.
//   apart  every example has a query vector of its own (the tower reads columns of the interactions)
void pairing_fill(struct pairing *pairing, const struct frame *batch, uint64_t step, bool apart);

// Remembers the step's candidates, after it.
void pairing_note(struct pairing *pairing);

// For a batch that was learned from before a training was broken off and is passed over now: only remembers its candidates.
void pairing_pass(struct pairing *pairing, const struct frame *batch);

// Warns of what was left out: names in a column that are no candidates' keys.
void pairing_end(const struct pairing *pairing);

#endif
