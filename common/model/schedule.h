// Learning rates that change with the steps: "cosine(0.1, steps=1000, warmup=100)".
//
//     struct schedule lr = schedule_new("cosine(0.1, steps=1000)", NAN, place);
//     double rate = schedule_at(&lr, 1);           // of the first step
//
// In the `warmup` steps that every kind may begin with the rate rises linearly, and reaches its height in the last of them; what the
// kind does begins after it. Without a warm-up the numbers are those of Keras' schedules.
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include <stdint.h>

#include "common/model/kind.h"

struct schedule {
    const struct schedule_kind *kind;
    double args[KIND_ARGS_MAX];
};

struct schedule_kind {
    const char *name, *help;
    const struct kind_arg *args;                            // the first is lr, the last warmup
    double (*share)(const double *args, double past);       // of lr, `past` steps after the warm-up, from 0
};

extern const struct schedule_kind *const schedule_kinds[];  // ends with NULL

// Reads a number or a call; without text, or if it is a number, the rate is `constant`. Dies with exit code 3 and the place.
struct schedule schedule_new(const char *text, double constant, const char *place);

// Says how many steps there are in all, which is how long a rate falls if its call does not say it.
void schedule_settle(struct schedule *schedule, uint64_t steps);

//   step  from 1
double schedule_at(const struct schedule *schedule, uint64_t step);

#endif
