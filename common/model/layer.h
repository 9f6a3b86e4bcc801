// Layers: what a tower does with its inputs, one after the other.
//
//     struct layer layer = layer_new(&call, "query/0", arena);          // "dense(64, relu)"
//     layer_shape(&layer, width_in, "movies.ini:12: tower query");      // widths and shapes of parameters
//     layer.kind->forward(&layer, &pass, x, rows, y);                   // (rows, in) -> (rows, out)
//     layer.kind->backward(&layer, &pass, x, y, d_y, rows, d_x);
//
// A new kind is a file layer_NAME.c and a row in layer_kinds. Rows are independent of each other, so any number of them may be
// evaluated at a time.
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H

#include <stddef.h>

#include "common/model/part.h"

struct layer {
    const struct layer_kind *kind;
    struct part part;
    size_t in, out;  // widths
    size_t first;    // place of its parameters among the tower's (tower.h)
};

struct layer_kind {
    const char *name, *help;
    const struct kind_arg *args;
    void (*make)(struct layer *layer);   // names the parameters (part_param); NULL: none
    // Sets out, which is as in before, and the shapes of the parameters. Dies by layer_misfit. NULL: nothing to set.
    void (*shape)(struct layer *layer, const char *place);
    //   x  (rows, in)   y  (rows, out), overwritten
    void (*forward)(const struct layer *layer, const struct pass *pass, const float *x, size_t rows, float *y);
    //   d_y  (rows, out)   d_x  (rows, in), overwritten   pass->d_params: added to
    void (*backward)(const struct layer *layer, const struct pass *pass, const float *x, const float *y, const float *d_y, size_t rows,
                     float *d_x);
};

extern const struct layer_kind *const layer_kinds[];  // ends with NULL

// Dies with exit code 3 and the place of the call if there is no such layer, or an argument does not fit.
struct layer layer_new(const struct call *call, const char *name, struct arena *arena);

// Settles the widths; dies with exit code 3 if they do not fit, or are beyond DIM_MAX (stream/schema.h). `place` is for messages: where the layer
// stands and whose it is.
void layer_shape(struct layer *layer, size_t in, const char *place);

// Ends the process with exit code 3: the layer got rows of `in` numbers, but wants other ones.
_Noreturn void layer_misfit(const struct layer *layer, const char *place, const char *wanted);

#endif
