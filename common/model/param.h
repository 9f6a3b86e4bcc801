// A parameter: a table of numbers that is learned, with the gradient of the step under way and the optimiser's slots.
//
//     param_touch(param, ids, n, d_out, dim);       // backward: adds to the gradient of the rows that were looked up
//     matrix_tn(..., 1, param_dense(param), width); // or to that of all rows
//     optim_step(param->optim, param, step);        // see optim.h
//     param_clear(param);
//
// An embedding table has a row an id, and its gradient is sparse: the rows that a step touched, each once, duplicates summed in
// the order in which they came. The kernel of a layer (in, out) or its bias (1, out) is the same thing with all rows touched.
#ifndef MODEL_PARAM_H
#define MODEL_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/call.h"
#include "common/model/init.h"
#include "common/model/optim.h"

struct param {
    const char *name;         // "embed/movie_title"; in streams param/NAME and slot/NAME. Borrowed
    const char *feature;      // of an embedding: the feature whose vocabulary its rows are, the first of those that share it; else NULL
    size_t rows, width;
    float *value;             // (rows, width)
    float *slots[SLOTS_MAX];  // (rows, width) each; NULL where nobody trains
    const struct optim *optim;
    const struct init_kind *init;
    double init_args[KIND_ARGS_MAX];
    // The gradient: row touched[i] has d_value[i].
    size_t n_touched, capacity;
    uint32_t *touched;        // (n_touched)
    float *d_value;           // (n_touched, width)
    uint32_t *places;         // (rows): where a row stands in `touched`, if it does
};

// Chooses the initialiser that the call names.
void param_set_init(struct param *param, const struct call *call);

// Gives the parameter `rows` rows of initial values.
void param_initialise(struct param *param, size_t rows, uint64_t seed);

// Makes room for gradients and, if it has none yet, for slots at their initial values.
void param_prepare(struct param *param);

// Adds row i of d (n, stride), `width` numbers of it, to the gradient of row ids[i].
void param_touch(struct param *param, const uint32_t *ids, size_t n, const float *d, size_t stride);

// The gradient of all rows (rows, width), to be added to: for parameters that are not looked up. Calls of param_touch on the same one
// are not allowed in the same step.
float *param_dense(struct param *param);

// The numbers of the gradient (n), as they lie.
float *param_gradient(const struct param *param, size_t *n);

// False if a number of the gradient is NaN or infinite.
bool param_finite(const struct param *param);

// Dies with exit code 3 if a value or a slot is NaN or infinite, or one that holds squares is negative. `source` begins the message.
void param_check(const struct param *param, const char *source);

// Forgets the gradient.
void param_clear(struct param *param);

void param_free(struct param *param);

#endif
