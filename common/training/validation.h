// Validation: how good the model's rankings are for the rows held back, by one metric; or its predictions, by one of those (rehearsal.h).
//
//     struct validation *validation = validation_new(config);        // NULL if [train] validate = none
//     while (reader_next(in, &frame)) validation_looks(validation, &frame);
//     if (validation_ready(validation, queries, candidates, name))
//         figure = validation_run(validation, model, pool);           // as rank | evaluate would print it for R.valid
//
// The metric is that of the first task: every candidate is ranked for every query of R.valid, without what the query has seen in training
// or, with seen=kept, as it is. If the query tower is contextual, a query is ranked for once for each of its contexts (index/askings.h). Holds
// R.valid, as far as it is needed, and the table `seen` in memory, and while it runs the vectors of all candidates.
#ifndef TRAINING_VALIDATION_H
#define TRAINING_VALIDATION_H

#include <stdbool.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/metric/figures.h"
#include "common/model/model.h"
#include "common/stream/frame.h"

struct validation;

// Reads the call, such as recall(20), accuracy(100, seen=kept) or rmse(rating), of a head; dies with exit code 3 if there is no such metric. Borrows
// config.
struct validation *validation_new(const struct config *config) __attribute__((warn_unused_result));

// Keeps what it needs of R.valid and `seen`; every table may be shown.
void validation_looks(struct validation *validation, const struct frame *frame);

// Declares complete what came; false if there are no rows to validate on. Dies with exit code 3 if rows are out of range.
//   queries, candidates  whole tables with the columns feature/*, borrowed
bool validation_ready(struct validation *validation, const struct frame *queries, const struct frame *candidates, const char *source);

struct figure validation_run(struct validation *validation, struct model *model, struct pool *pool);

// Whether less is better.
bool validation_lesser(const struct validation *validation);

// The metric and its k, as in a figure; of predictions k is 0.
const char *validation_metric(const struct validation *validation);
size_t validation_k(const struct validation *validation);

void validation_free(struct validation *validation);

#endif
