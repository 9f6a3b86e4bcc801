// A model: the towers, their parameters, and how they come out of a stream.
//
//     struct model *model = model_new(config, pool);
//     while (reader_next(in, &frame)) {
//         if (model_takes(model, &frame))          // param/...: copied
//             continue;
//         ...
//     }
//     model_ready(model, reader_name(in));         // dies if a parameter is missing or has another shape
//     model_vectors(model, tower, &rows, out);
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/stream/frame.h"

// Checks the layers and features of the configuration against the tables of kinds; borrows config and pool.
struct model *model_new(const struct config *config, struct pool *pool);

// Takes a frame of a parameter (param/...). False, and nothing done, for any other table.
bool model_takes(struct model *model, const struct frame *frame);

// Declares the parameters complete. `source` names the stream in messages (exit code 3).
void model_ready(struct model *model, const char *source);

// The width of what the tower gives.
size_t model_dim(const struct model *model, const struct config_tower *tower);

// Puts rows of a table through a tower.
//   rows  a frame of the side's table: has feature/F for every input F of the tower
//   out   (rows->rows, model_dim) row-major, overwritten
void model_vectors(struct model *model, const struct config_tower *tower, const struct frame *rows, float *out);

void model_free(struct model *model);

#endif
