// Layers: what a tower does with its inputs, one after the other.
//
//     struct layer layer = layer_new(&call, width_in);             // "normalize()"
//     layer.kind->forward(&layer, x, rows, y);                      // (rows, in) -> (rows, out)
//     layer.kind->backward(&layer, x, y, d_y, rows, d_x);
//
// A new kind is a file layer_NAME.c and a row in layer_kinds.
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H

#include <stddef.h>

#include "common/model/kind.h"

struct layer {
    const struct layer_kind *kind;
    double args[KIND_ARGS_MAX];
    size_t in, out;  // widths
};

struct layer_kind {
    const char *name, *help;
    const struct kind_arg *args;
    size_t (*width)(const struct layer *layer);  // of what comes out; NULL: as what goes in
    //   x  (rows, in)   y  (rows, out), overwritten
    void (*forward)(const struct layer *layer, const float *x, size_t rows, float *y);
    //   d_y  (rows, out)   d_x  (rows, in), overwritten
    void (*backward)(const struct layer *layer, const float *x, const float *y, const float *d_y, size_t rows, float *d_x);
};

extern const struct layer_kind *const layer_kinds[];  // ends with NULL

// Dies with exit code 3 and the place of the call if there is no such layer, or an argument does not fit.
struct layer layer_new(const struct call *call, size_t in);

#endif
