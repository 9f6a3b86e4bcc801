// A model: the towers, their parameters, and how they come out of a stream.
//
//     struct model *model = model_new(config, pool);
//     while (reader_next(in, &frame)) {
//         if (model_takes(model, &frame))          // param/...: copied; of others, it notes the types of columns feature/...
//             continue;
//         ...
//     }
//     model_ready(model, reader_name(in));         // dies if a parameter is missing or has another shape
//     model_vectors(model, tower, &rows, NULL, out);
//
// For training there is more: slots of optimisers are taken too, and what did not come is initialised (trainer.h).
//
// Parameters are called embed/TABLE, for the features of that table; TOWER/L/NAME, for layer L of a tower or head, from 0; pool/F/NAME, for the
// pooling of a feature. How many numbers an input gives is known only when its column came, so towers get their widths in
// model_ready or model_start: every frame of a stream has to be shown before.
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

struct optims;
struct param;
struct tower;

// Checks the layers and features of the configuration against the tables of kinds; borrows config and pool. Towers that no task has are
// left out.
struct model *model_new(const struct config *config, struct pool *pool);

// Only this tower will be asked for vectors: parameters that it does not have are passed over, and need not come.
void model_only(struct model *model, const struct config_tower *tower);

// Takes a frame of a parameter (param/...). False for any other table, of which only the columns feature/... are noted.
bool model_takes(struct model *model, const struct frame *frame);

// Declares the parameters complete. `source` names the stream in messages (exit code 3).
void model_ready(struct model *model, const char *source);

// The width of what the tower gives.
size_t model_dim(const struct model *model, const struct config_tower *tower);

// The columns of the interactions that the tower reads, feature/F and weight/F: (*n), borrowed. None before model_ready or model_start, but
// model_contextual says at once whether there are any.
const char **model_context(const struct model *model, const struct config_tower *tower, size_t *n);
bool model_contextual(const struct model *model, const struct config_tower *tower);

// Puts rows of a table through a tower.
//   rows     a frame of the side's table: has feature/F for the inputs F of the tower that are made from it; NULL if there are none
//   context  interactions, row by row beside `rows`: has the others. NULL unless the tower is contextual
//   out      (rows, model_dim) row-major, overwritten
void model_vectors(struct model *model, const struct config_tower *tower, const struct frame *rows, const struct frame *context, float *out);

void model_free(struct model *model);

// For training.

// Takes a frame of an optimiser's state (slot/...). False, and nothing done, for any other table.
bool model_takes_slot(struct model *model, const struct frame *frame);

// Looks at a frame of vocab/F and the like, which say how many rows embeddings have.
void model_counts(struct model *model, const struct frame *frame);

// Declares complete what came. Parameters that did not come get initial values, slots theirs; dies if there is no vocabulary
// to say how many rows, or if what came has another number of rows than the vocabulary.
void model_start(struct model *model, const char *source);

// The tower as it is evaluated and learned (tower.h), and a head, which is one whose inputs are vectors of others (joint.h); all parameters, each
// once.
const struct tower *model_tower(const struct model *model, const struct config_tower *tower);
const struct tower *model_head(const struct model *model, const struct config_head *head);
struct param **model_params(const struct model *model, size_t *n);

// The embedding of a feature's table; NULL if no tower of the model reads one.
struct param *model_embedding(const struct model *model, const struct config_feature *feature);
struct optims *model_optims(const struct model *model);

// Writes param/* and slot/*; dies with exit code 3 if a number in them is not finite. `source` says what they are, in that message.
void model_write(const struct model *model, struct writer *out, const char *source);

#endif
