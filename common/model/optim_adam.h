// What adam and lazy_adam share: their arguments, and the numbers of a step.
#ifndef MODEL_OPTIM_ADAM_H
#define MODEL_OPTIM_ADAM_H

#include "common/math/update.h"
#include "common/model/optim.h"

extern const struct kind_arg optim_adam_args[];

//   step  from 1
struct adam optim_adam_of(const struct optim *optim, double lr, uint64_t step);

#endif
