// A wide model's two sides folded: the rows that took part in training, their vectors, and the few dimensions that rank almost as those do
// (math/fold.h), with EASE mixed in where its matrix has room.
//
//     sides[s] = ...                              // spool: the side's table, as 'train' passes it on
//     folding_run(&plan, sides, model, seen, pool, source);
//     folding_write(&plan, &sides[0], out);       // param/embed/F of the narrow model
#ifndef TRAINING_FOLDING_H
#define TRAINING_FOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/model/model.h"
#include "common/stream/frame.h"
#include "common/stream/spool.h"
#include "common/stream/writer.h"

struct folding {
    size_t dim, passes;       // numbers in a vector; passes over the scores
    double ease;              // weight of the scores of EASE
    double lambda;            // its regularisation; 0: by how often a candidate was taken, which is what stands here afterwards
    double power;             // scores of a candidate count as its popularity to this power
    uint64_t seed;
    size_t memory_bytes;
    bool with_ease;           // out: it took part
    size_t k;                 // out: dim, or fewer if there are fewer candidates
};

// One side: the wide model's tower, and the feature of its key, whose ids the new vectors get.
struct folding_side {
    const struct config_side *config;
    const struct config_tower *tower;
    const struct config_feature *key;
    const struct param *table;      // of the wide model, for the number of ids
    struct spool *spool;            // rows of the side's table
    size_t rows, ids, n;            // n: rows that took part
    uint32_t *id;                   // (rows)
    uint32_t *place;                // (rows) among those that took part, or UINT32_MAX
    float *vectors;                 // (n, width) of the wide model
    float *folded;                  // (n, dim)
};

// Folds. Dies with exit code 3 if `seen` does not fit the sides or has nothing in it, or if scores are not finite; 2 if EASE's matrix cannot be
// inverted with lambda.
//   sides  (SIDES) of which config, tower, key, table and spool are set; the rest is made here
//   seen   the table of that name
void folding_run(struct folding *folding, struct folding_side *sides, struct model *model, const struct frame *seen, struct pool *pool,
                 const char *source);

// Writes the side's embedding: a row for each id, the mean over its rows that took part; where there are none, over all that did.
void folding_write(const struct folding *folding, const struct folding_side *side, struct writer *out);

#endif
