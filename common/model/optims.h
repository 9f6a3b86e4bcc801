// Several optimisers in one model, each for the parameters whose names match its pattern: [optimizer] of the configuration.
//
//     [optimizer]
//     embed/* = lazy_adam(lr=0.01)
//     default = adagrad(lr=0.1)
//
//     struct optims *optims = optims_new(config);
//     optims_assign(optims, params, n);             // sets param->optim
//
// Patterns are the shell's: * (a / too), ?, [a-z], the last not at the beginning, where INI has its sections. They are disjoint and,
// unless there is a `default`, complete, as TFRS' CompositeOptimizer wants it: a parameter that two patterns match, or none, and a
// pattern that matches no parameter end the process with exit code 3.
#ifndef MODEL_OPTIMS_H
#define MODEL_OPTIMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"

struct optims;
struct param;

// Borrows the configuration.
struct optims *optims_new(const struct config *config) __attribute__((warn_unused_result));
void optims_assign(const struct optims *optims, struct param *const *params, size_t n);

// Says how many steps there are in all; see schedule_settle.
void optims_settle(struct optims *optims, uint64_t steps);

// The patterns and what their learning rates are at a step, for logs.
size_t optims_count(const struct optims *optims);
const char *optims_pattern(const struct optims *optims, size_t i);
double optims_rate(const struct optims *optims, size_t i, uint64_t step);

void optims_free(struct optims *optims);

#endif
