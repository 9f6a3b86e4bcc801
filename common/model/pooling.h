// Poolings: how the embeddings of a list become one vector.
//
//     struct pooling pooling = pooling_new(&call, "pool/title_words", arena);      // "mean"
//     pooling_shape(&pooling, width, "movies.ini:12: feature title_words");
//     pooling.kind->forward(&pooling, &pass, &lists, y, stride);
//     pooling.kind->backward(&pooling, &pass, &lists, d_y, stride, d_x);
//
// An empty list gives zeros. A new kind is a file pooling_NAME.c and a row in pooling_kinds.
#ifndef MODEL_POOLING_H
#define MODEL_POOLING_H

#include <stddef.h>
#include <stdint.h>

#include "common/model/part.h"

struct pooling {
    const struct pooling_kind *kind;
    struct part part;
    size_t in, out;  // widths
};

// The lists of some rows, end to end: row i has the places from starts[i] to before starts[i + 1], less starts[0], of x and weights.
struct lists {
    size_t rows;
    const uint32_t *starts;  // (rows + 1)
    const float *x;          // (places, in)
    const float *weights;    // (places), or NULL: all 1
};

struct pooling_kind {
    const char *name, *help;
    const struct kind_arg *args;
    void (*make)(struct pooling *pooling);   // names the parameters (part_param); NULL: none
    // Sets out, which is as in before, and the shapes of the parameters; dies with exit code 3 if it does not fit. NULL: nothing to set.
    void (*shape)(struct pooling *pooling, const char *place);
    //   y  (rows, out) overwritten; `stride` numbers from row to row
    void (*forward)(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, float *y, size_t stride);
    //   d_y  (rows, out)   d_x  (places, in), overwritten   pass->d_params: added to
    void (*backward)(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, const float *d_y, size_t stride,
                     float *d_x);
};

extern const struct pooling_kind *const pooling_kinds[];  // ends with NULL

// Dies with exit code 3 and the place of the call if there is no such pooling, or an argument does not fit.
struct pooling pooling_new(const struct call *call, const char *name, struct arena *arena);

void pooling_shape(struct pooling *pooling, size_t in, const char *place);

#endif
