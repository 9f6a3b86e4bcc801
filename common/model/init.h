// Initialisers: the numbers that a parameter begins with, as functions of the seed, its name and its shape alone.
//
//     struct init_kind *kind = ...;                                        // "truncated_normal(0.05)"
//     kind->fill(args, seed, "query/0/kernel", value, rows, width);
//
// The kinds are those of Keras 2.15. Random numbers are those of position i of the table, row after row, under the seed and the name.
#ifndef MODEL_INIT_H
#define MODEL_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "common/model/kind.h"

struct init_kind {
    const char *name, *help;
    const struct kind_arg *args;
    //   value  (rows, width) out
    void (*fill)(const double *args, uint64_t seed, const char *name, float *value, size_t rows, size_t width);
};

extern const struct init_kind *const init_kinds[];  // ends with NULL

#endif
