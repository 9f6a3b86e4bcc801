// Validation of a head: how near its predictions for the rows held back are to their labels.
//
//     struct rehearsal *r = rehearsal_new(config, &call);         // "rmse", "auc(click)", "ndcg(rating)"; NULL: no metric of predictions
//     rehearsal_looks(r, &frame);                                 // every frame
//     if (rehearsal_ready(r, queries, candidates, source))
//         double value = rehearsal_run(r, model, pool, &mean);
//
// validation.h does the same for rankings and hands over to this. Holds R.valid whole.
#ifndef TRAINING_REHEARSAL_H
#define TRAINING_REHEARSAL_H

#include <stdbool.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/metric/prediction.h"
#include "common/model/model.h"
#include "common/stream/frame.h"

// Dies with exit code 3 if no task learns the head, or the metric is not for its task. The head is that of the first task of labels unless named.
struct rehearsal *rehearsal_new(const struct config *config, const struct call *call) __attribute__((warn_unused_result));

const struct prediction_kind *rehearsal_metric(const struct rehearsal *rehearsal);

void rehearsal_looks(struct rehearsal *rehearsal, const struct frame *frame);

// False if there are no rows to validate on. Borrows the tables, whole, with the columns feature/*.
bool rehearsal_ready(struct rehearsal *rehearsal, const struct frame *queries, const struct frame *candidates, const char *source);

// NaN if the figure is none, such as an AUC without both kinds of rows.
//   mean  the same of predicting the mean label of the rows for all of them
double rehearsal_run(struct rehearsal *rehearsal, const struct model *model, struct pool *pool, double *mean);

void rehearsal_free(struct rehearsal *rehearsal);

#endif
