// A head, evaluated for pairs of a query and a candidate: its towers for the distinct rows among them, itself for every pair.
//
//     struct joint *joint = joint_new(config, head, model);
//     joint_start(joint, sides, true);
//     struct joint_pairs pairs = ...;
//     const float *predictions = joint_forward(joint, &pairs, pool);       // (pairs.n, dim)
//     joint_backward(joint, d_predictions, pool);
//
// A head is a tower whose inputs are the vectors of other towers and heads: the layers are the same.
#ifndef MODEL_JOINT_H
#define MODEL_JOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/model/examples.h"
#include "common/model/model.h"

struct joint_pairs {
    size_t n;
    const struct frame *batch;         // interactions; needed if a tower is contextual, as is `at`
    const uint32_t *at;                // (n) rows of the batch
    const uint32_t *rows[SIDES];       // (n) rows of the side's table
    const uint32_t *distinct[SIDES];   // (n_distinct) the rows that there are among those, each once
    size_t n_distinct[SIDES];
    const uint32_t *of[SIDES];         // (n) places of rows in `distinct`
    uint64_t seed;                     // of the step
};

// Sets rows, distinct and of for one side: rows (n) in range, borrowed; of (n) and places are overwritten, and borrowed too.
void joint_number(struct joint_pairs *pairs, size_t side, const uint32_t *rows, struct places *places, uint32_t *of);

struct joint;

struct joint *joint_new(const struct config *config, const struct config_head *head, const struct model *model)
    __attribute__((warn_unused_result));
void joint_free(struct joint *joint);

// Checks the columns of the sides' tables: (SIDES), whole, borrowed. joint_side does it for one of them, and may be called again with another table.
void joint_start(struct joint *joint, const struct frame *const *sides, bool training);
void joint_side(struct joint *joint, size_t side, const struct frame *table);

// How many numbers the head gives; known once the model is started.
size_t joint_dim(const struct joint *joint);

// Returns (n, dim), valid until the next call. Borrows the pairs until joint_backward.
const float *joint_forward(struct joint *joint, const struct joint_pairs *pairs, struct pool *pool);

// Adds to the gradients of the parameters.
//   d  (n, dim)
void joint_backward(struct joint *joint, const float *d, struct pool *pool);

#endif
