// Optimisers: how a parameter follows its gradient. The kinds are those of Keras 2.15 and TFRS 0.7, number for number.
//
//     struct optim *optim = optim_new(&call);            // "adagrad(lr=0.1)"
//     optim->kind->step(optim, param, step);             // step counts from 1
//
// A step reads the rows of the parameter's gradient (param.h), changes values and slots, and leaves the gradient. Kinds that move
// every row at every step, as Keras does (adam, sgd with momentum), take time by the size of the table.
#ifndef MODEL_OPTIM_H
#define MODEL_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/kind.h"

enum { SLOTS_MAX = 2 };

struct param;

struct optim {
    const struct optim_kind *kind;
    double args[KIND_ARGS_MAX];
};

struct optim_kind {
    const char *name, *help;
    const struct kind_arg *args;
    const char *slots[SLOTS_MAX];  // names of the slots; NULL: none
    bool (*stateless)(const struct optim *optim);  // with these arguments it needs no slots; NULL: it does
    double (*slot_start)(const struct optim *optim);  // what a slot holds before the first step; NULL: 0
    void (*check)(const struct optim *optim, const struct call *call);  // dies for arguments that exclude each other; or NULL
    void (*step)(const struct optim *optim, struct param *param, uint64_t step);
};

extern const struct optim_kind *const optim_kinds[];  // ends with NULL

// How many slots it needs with its arguments.
size_t optim_slots(const struct optim *optim);

// Owned by the caller, released by free().
struct optim *optim_new(const struct call *call) __attribute__((warn_unused_result));

#endif
