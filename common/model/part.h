// Parts of a tower that may have parameters of their own: what layers (layer.h) and poolings (pooling.h) have in common.
//
//     part_param(part, "kernel", "glorot_uniform()");      // when it is made: names the parameter, as query/0/kernel
//     part_shape(part, 0, in, units);                      // when the widths are known
//
// A part is evaluated for some rows at a time, on several threads. What an evaluation needs beside its inputs is a struct pass; what the
// forward pass computed beside its outputs is computed again by the backward pass, so nothing but inputs and outputs is kept.
#ifndef MODEL_PART_H
#define MODEL_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/model/kind.h"
#include "common/model/param.h"

struct part {
    const struct call *call;        // as the configuration has it; borrowed
    const char *name;               // before the names of its parameters: "query/0"
    double args[KIND_ARGS_MAX];
    struct param **params;          // (n_params), in the arena
    size_t n_params;
    struct arena *arena;            // borrowed
};

struct pass {
    bool training;                  // else as in use: nothing is dropped
    uint64_t seed;                  // of this part in this step
    size_t first;                   // number of the first row: what random numbers depend on, besides the seed
    struct arena *scratch;          // forgotten after the call
    float *const *d_params;         // (n_params) backward: gradients to be added to
};

// Reads the call's arguments; dies with exit code 3 and the place if they do not fit.
struct part part_new(const struct call *call, const struct kind_arg *args, const char *name, struct arena *arena);

// Adds a parameter with the initialiser, by its call.
void part_param(struct part *part, const char *name, const char *init);

// Gives the i-th parameter its shape.
void part_shape(struct part *part, size_t i, size_t rows, size_t width);

// The values of the i-th parameter.
static inline const float *part_value(const struct part *part, size_t i)
{
    return part->params[i]->value;
}

// The text of the i-th argument in the table, or `otherwise` if it is left out.
const char *part_word(const struct part *part, const struct kind_arg *args, size_t i, const char *otherwise);

// The activation (math/activation.h) that the i-th argument names, linear if it is left out; dies with exit code 3 if there is none.
int part_activation(const struct part *part, const struct kind_arg *args, size_t i);

// The call as text, for messages: "dense(64, relu)".
const char *part_text(const struct part *part);

#endif
