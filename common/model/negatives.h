// The negatives of a task: what its samplers (sampler.h) draw for all examples of a step and for each alone, and how probable each was.
//
//     struct negatives *negatives = negatives_new(config, task, loss->kind);
//     negatives_start(negatives, &catalogue);
//     candidates.n = 0;
//     negatives_share(negatives, &examples, step, &candidates, &batch, scratch);       // then the examples' own candidates get places
//     if (negatives_are_own(negatives))
//         negatives_own(negatives, listed, &frame, &examples, step, &candidates, &batch, scratch);
//     negatives_weigh(negatives, &examples, &candidates, &batch, scratch);
//     negatives_note(negatives, candidates_of_examples, n);                            // the queue remembers
//
// What they set in `batch` (loss.h) is in the arena.
#ifndef MODEL_NEGATIVES_H
#define MODEL_NEGATIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/model/examples.h"
#include "common/model/listed.h"
#include "common/model/loss.h"
#include "common/model/sampler.h"

// Reads of the task: negatives, or else those that fit the loss; logq, remove_hits. Borrows both. Dies with exit code 3 if a sampler is unknown or
// comes twice.
struct negatives *negatives_new(const struct config *config, const struct config_task *task, const struct loss_kind *loss)
    __attribute__((warn_unused_result));
void negatives_free(struct negatives *negatives);

// Whether some are of one example alone; whether some of those stand in a column.
bool negatives_are_own(const struct negatives *negatives);
bool negatives_are_listed(const struct negatives *negatives);

// Once the candidates are known; borrowed.
void negatives_start(struct negatives *negatives, const struct sampler_catalogue *catalogue);

// Draws the negatives that all examples have, gives them places, and sets times and among.
void negatives_share(const struct negatives *negatives, const struct examples *examples, uint64_t step, struct places *candidates,
                     struct loss_batch *batch, struct arena *arena);

// Draws the negatives of each example alone, gives places to those that have none, and sets own_starts and own. Every example is a query of its own.
// Dies with exit code 3 if a batch has 2^31 of them.
//   listed  NULL unless some stand in a column
//   frame   that the examples are from
void negatives_own(struct negatives *negatives, struct listed *listed, const struct frame *frame, const struct examples *examples, uint64_t step,
                   struct places *candidates, struct loss_batch *batch, struct arena *arena);

// Sets probability and own_probability, if they are to be corrected for.
void negatives_weigh(const struct negatives *negatives, const struct examples *examples, const struct places *candidates, struct loss_batch *batch,
                     struct arena *arena);

// Tells the samplers the candidates (n) of a step's examples, after it.
void negatives_note(struct negatives *negatives, const uint32_t *rows, size_t n);

#endif
