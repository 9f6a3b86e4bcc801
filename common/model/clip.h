// Clipping of gradients: none, value(x), norm(x), global_norm(x), as Keras' clipvalue, clipnorm and global_clipnorm.
//
//     struct clip clip = clip_new(&config->clip);
//     clip_gradients(&clip, params, n);               // before the optimisers' steps
//
// A gradient is clipped as it is summed over the batch, each row once. What a model's step clips has been checked to be finite.
#ifndef MODEL_CLIP_H
#define MODEL_CLIP_H

#include <stddef.h>

#include "common/model/kind.h"

struct param;

struct clip {
    const struct clip_kind *kind;
    double args[KIND_ARGS_MAX];
};

struct clip_kind {
    const char *name, *help;
    const struct kind_arg *args;
    void (*clip)(const double *args, struct param *const *params, size_t n);
};

extern const struct clip_kind *const clip_kinds[];  // ends with NULL

// Dies with exit code 3 and the place of the call if there is no such kind.
struct clip clip_new(const struct call *call);

void clip_gradients(const struct clip *clip, struct param *const *params, size_t n);

#endif
