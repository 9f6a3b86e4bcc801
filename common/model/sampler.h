// Samplers: which candidates are the negatives of a step, and how probable each was.
//
//     struct sampler *sampler = sampler_new(&call, seed);          // "popularity(1000, power=0.75)"
//     sampler_start(sampler, &catalogue);                          // once the candidates are known
//     size_t n = sampler_size(sampler, batch_rows);
//     sampler->kind->draw(sampler, step, 0, n, rows);              // n rows of the candidates' table
//     double q = sampler->kind->probability(sampler, row);         // of being a draw
//
// Draws are functions of seed, step and place, so a training that is resumed draws what it would have drawn. A new kind is a
// file sampler_NAME.c and a row in sampler_kinds.
//
// A task may name several: their draws together are the negatives, and q is that of the mixture, sum n_s q_s / sum n_s (mixed negative
// sampling, Yang et al. 2020, is "batch, uniform(n)").
#ifndef MODEL_SAMPLER_H
#define MODEL_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/kind.h"

struct sampler_catalogue {
    size_t n;                // candidates
    const uint32_t *count;   // (n) how often each occurs in the examples
    double sum;              // of the counts
};

struct sampler {
    const struct sampler_kind *kind;
    double args[KIND_ARGS_MAX];
    const char *column;                          // of explicit(column), else NULL
    const char *place;
    uint64_t seed;
    const struct sampler_catalogue *catalogue;   // borrowed
    void *state;                                 // of the kind
};

struct sampler_kind {
    const char *name, *help;
    const struct kind_arg *args;                 // one named "each" makes each example have draws of its own
    bool batch;                                  // the batch's own candidates: nothing is drawn
    // Makes the state; NULL if there is none. May end the process (exit code 3) if the catalogue does not do.
    void (*start)(struct sampler *sampler);
    // How many there will be in this step, of a batch of n examples.
    size_t (*size)(const struct sampler *sampler, size_t n);
    // Draws number first, first + 1, ... of a step.
    void (*draw)(const struct sampler *sampler, uint64_t step, size_t first, size_t n, uint32_t *rows);
    double (*probability)(const struct sampler *sampler, uint32_t row);
    // Is told the candidates of a batch after its step; NULL if it does not care.
    void (*note)(struct sampler *sampler, const uint32_t *rows, size_t n);
    void (*stop)(struct sampler *sampler);       // frees the state; NULL if there is none
};

extern const struct sampler_kind *const sampler_kinds[];  // ends with NULL

// Owned by the caller, released by sampler_free. Dies with exit code 3 for an unknown kind or argument.
struct sampler *sampler_new(const struct call *call, uint64_t seed) __attribute__((warn_unused_result));
void sampler_free(struct sampler *sampler);

void sampler_start(struct sampler *sampler, const struct sampler_catalogue *catalogue);

// Draws a step for the whole batch, or for each example if sampler_each.
size_t sampler_size(const struct sampler *sampler, size_t n);
bool sampler_each(const struct sampler *sampler);

// The share of a candidate in the examples.
double sampler_share(const struct sampler *sampler, uint32_t row);

#endif
