// Optimisers: how a parameter follows its gradient. The kinds are those of Keras 2.15 and TFRS 0.7, number for number.
//
//     struct optim *optim = optim_new(&call);            // "adagrad(lr=cosine(0.1, steps=1000), decay=0.01)"
//     optim_step(optim, param, step);                    // step counts from 1
//
// Every kind has an argument `lr`, a number or a schedule (schedule.h), and one `decay`, of decoupled weight decay: a number moves by
// -lr decay of itself before each step that moves it (Loshchilov, Hutter 2019, and Keras).
//
// A step reads the rows of the parameter's gradient (param.h), changes values and slots, and leaves the gradient. Kinds that move
// every row at every step, as Keras does (adam, sgd with momentum), take time by the size of the table.
#ifndef MODEL_OPTIM_H
#define MODEL_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/kind.h"
#include "common/model/schedule.h"

enum { SLOTS_MAX = 2 };

struct param;

struct optim {
    const struct optim_kind *kind;
    double args[KIND_ARGS_MAX];
    struct schedule lr;
    double decay;
};

struct optim_kind {
    const char *name, *help;
    const struct kind_arg *args;   // the first is lr, the last decay
    bool moves_all;                // while it has slots, it moves every row at every step, not the touched ones only
    const char *slots[SLOTS_MAX];  // names of the slots; NULL: none
    bool squares[SLOTS_MAX];       // which of them hold sums or means of squares, never negative
    bool (*stateless)(const struct optim *optim);  // with these arguments it needs no slots; NULL: it does
    double (*slot_start)(const struct optim *optim);  // what the first slot holds before the first step; NULL: 0, as the others
    void (*check)(const struct optim *optim, const struct call *call);  // dies for arguments that exclude each other; or NULL
    void (*step)(const struct optim *optim, struct param *param, double lr, uint64_t step);
};

#define OPTIM_LR(otherwise) {"lr", KIND_CALL, otherwise, 0, 1e6, "learning rate, or a schedule of it"}
#define OPTIM_DECAY {"decay", KIND_REAL, 0, 0, 1e6, "weight decay, decoupled: a share of lr by which what moves shrinks"}

extern const struct optim_kind *const optim_kinds[];  // ends with NULL

// For kinds that divide by the root of accumulator + epsilon: dies with exit code 3 if that is 0 for what has no gradient.
void optim_check_sum(const struct call *call, double initial_accumulator, double epsilon);

// How many slots it needs with its arguments.
size_t optim_slots(const struct optim *optim);

// Owned by the caller, released by free().
struct optim *optim_new(const struct call *call) __attribute__((warn_unused_result));

// One step of the parameter along its gradient.
//   step  from 1: what schedules and corrections for bias go by
void optim_step(const struct optim *optim, struct param *param, uint64_t step);

#endif
