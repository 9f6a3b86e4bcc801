// The gradients of every step in a file, a stream of its own, to be looked at with show.
//
//     struct gradients *gradients = gradients_open("gradients.mp", header);
//     gradients_put(gradients, params, n, step);          // after the losses, before clipping and the optimisers
//     gradients_close(gradients);                         // the file stands under its name
//
// A table gradient/NAME for each parameter: `step` u64, `row` u32, `value` f32[width], a row for each row of the parameter that the step
// touched, in the order in which it came to them.
#ifndef TRAINING_GRADIENTS_H
#define TRAINING_GRADIENTS_H

#include <stdint.h>

#include "common/model/param.h"
#include "common/stream/header.h"

struct gradients *gradients_open(const char *path, const struct header *header) __attribute__((warn_unused_result));

//   step  from 0, as in metrics/train
void gradients_put(struct gradients *gradients, struct param *const *params, size_t n, uint64_t step);

// Completes the file; nothing for NULL.
void gradients_close(struct gradients *gradients);

#endif
