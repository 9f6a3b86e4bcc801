// Solvers: what learns a model whole, in iterations over all interactions, in place of steps of gradients over batches.
//
//     struct solver *solver = solver_new(config, model);                  // NULL if [train] solver = gradients
//     while (reader_next(in, &frame)) solver_looks(solver, &frame);        // keeps the interactions
//     solver_start(solver, queries, candidates, name);                     // once the model is started
//     for (size_t i = 0; i < solver_iterations(solver); i++)
//         loss = solver_iterate(solver, pool);
//
// There is one: ials(), implicit alternating least squares (math/ials.h), for a model of two lookups without layers whose inner product is
// the score. An iteration moves the query's embedding, then the candidate's. Ids that took part in no interaction get the mean of the others
// if they are of queries, and zeros if they are of candidates. The column [data] weight says how much an interaction counts; pairs that come twice
// count twice. Holds 8 bytes an interaction, 4 for the weight, and while it runs twice as much again.
#ifndef TRAINING_SOLVER_H
#define TRAINING_SOLVER_H

#include <stddef.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/model/kind.h"
#include "common/model/model.h"
#include "common/stream/frame.h"

struct solver_kind {
    const char *name, *help;
    const struct kind_arg *args;
};

extern const struct solver_kind *const solver_kinds[];

// Dies with exit code 3 if there is no such solver, or it cannot learn this model. Borrows both.
struct solver *solver_new(const struct config *config, const struct model *model) __attribute__((warn_unused_result));

void solver_looks(struct solver *solver, const struct frame *frame);

// Declares the interactions complete. Dies with exit code 3 if one refers to what does not exist, or has a weight that is negative or not finite.
//   queries, candidates  whole tables with the columns feature/*
void solver_start(struct solver *solver, const struct frame *queries, const struct frame *candidates, const char *source);

size_t solver_iterations(const struct solver *solver);
size_t solver_rows(const struct solver *solver);   // interactions

// Returns what is minimised, by interaction, as it was before, less the regularisation of the candidates.
double solver_iterate(struct solver *solver, struct pool *pool);

#endif
