// What heads say of queries and candidates, outside training.
//
//     struct predictor *p = predictor_new(config, model, pool);
//     while (reader_next(in, &frame)) predictor_looks(p, &frame);       // the tables of both sides
//     predictor_start(p, reader_name(in));                              // the model is ready
//     predictor_run(p, head, &pairs, scores);
//
// The prediction of a regression is the head's number; of a classification, the probability, 1 / (1 + e^-x). Holds the columns feature/* of both
// sides' tables.
#ifndef MODEL_PREDICTOR_H
#define MODEL_PREDICTOR_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/model/model.h"
#include "common/stream/frame.h"

struct predictor;

struct predictor_pairs {
    size_t n;
    const uint32_t *queries, *candidates;   // (n) rows of the sides' tables
    const struct frame *context;            // interactions with the columns that towers read of them; NULL if none does
    const uint32_t *at;                     // (n) rows of `context`; NULL: the first n
};

// Borrows all three.
struct predictor *predictor_new(const struct config *config, const struct model *model, struct pool *pool)
    __attribute__((warn_unused_result));
void predictor_free(struct predictor *predictor);

// Keeps what it needs of a frame; every table may be shown.
void predictor_looks(struct predictor *predictor, const struct frame *frame);

// Declares complete what came. Dies with exit code 3 if a table is missing, or a head gives more than one number.
void predictor_start(struct predictor *predictor, const char *source);

// The heads that tasks learn: (result), in the order of the tasks, borrowed.
size_t predictor_heads(const struct predictor *predictor, const struct config_head *const **heads);

// From now on queries are rows of this frame, which has the columns feature/F that towers read, in place of their table; borrowed until the next
// one. Checks them all.
void predictor_asks(struct predictor *predictor, const struct frame *queries);

// Dies with exit code 3 if a row number is out of range, or a prediction is not finite.
//   out  (pairs->n)
void predictor_run(struct predictor *predictor, const struct config_head *head, const struct predictor_pairs *pairs, float *out);

#endif
