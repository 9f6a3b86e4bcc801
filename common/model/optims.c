#define _POSIX_C_SOURCE 200809L  // fnmatch
#include "common/model/optims.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/optim.h"
#include "common/model/param.h"

struct optims {
    const struct config *config;
    struct optim **optims;     // (config->n_optimizers)
};

struct optims *optims_new(const struct config *config)
{
    struct optims *o = memory_zeros(1, sizeof *o);
    o->config = config;
    o->optims = memory_zeros(config->n_optimizers, sizeof *o->optims);
    for (size_t i = 0; i < config->n_optimizers; i++)
        o->optims[i] = optim_new(&config->optimizers[i].kind);
    return o;
}

static bool is_default(const struct optims *o, size_t i)
{
    return strcmp(o->config->optimizers[i].pattern, "default") == 0;
}

static _Noreturn void matches_nothing(const struct optims *o, size_t i, struct param *const *params, size_t n)
{
    const char **names = memory_zeros(n + 1, sizeof *names);
    names[0] = "default";
    for (size_t p = 0; p < n; p++)
        names[p + 1] = params[p]->name;
    const struct config_optimizer *config = &o->config->optimizers[i];
    const char *near = nearest_word(config->pattern, names, n + 1);
    die(EXIT_INPUT, "%s: [optimizer] %s matches no parameter%s%s", config->kind.place, quoted_text(config->pattern),
        near != NULL ? ", did you mean " : n > 0 ? ": there is " : "", near != NULL ? quoted_text(near) : n > 0 ? quoted_text(names[n]) : "");
}

void optims_assign(const struct optims *o, struct param *const *params, size_t n)
{
    const struct config_optimizer *patterns = o->config->optimizers;
    size_t n_patterns = o->config->n_optimizers;
    for (size_t i = 0; i < n_patterns; i++) {
        bool found = is_default(o, i);
        for (size_t p = 0; p < n && !found; p++)
            found = fnmatch(patterns[i].pattern, params[p]->name, 0) == 0;
        if (!found)
            matches_nothing(o, i, params, n);
    }
    for (size_t p = 0; p < n; p++) {
        size_t found = SIZE_MAX, otherwise = SIZE_MAX;
        for (size_t i = 0; i < n_patterns; i++) {
            if (is_default(o, i))
                otherwise = i;
            else if (fnmatch(patterns[i].pattern, params[p]->name, 0) == 0) {
                if (found != SIZE_MAX)
                    die(EXIT_INPUT, "%s: [optimizer] %s and %s both match parameter %s", patterns[i].kind.place,
                        quoted_text(patterns[found].pattern), quoted_text(patterns[i].pattern), quoted_text(params[p]->name));
                found = i;
            }
        }
        if (found == SIZE_MAX && otherwise == SIZE_MAX)
            die(EXIT_INPUT, "%s: [optimizer] has no pattern that matches parameter %s, and no default", patterns[0].kind.place,
                quoted_text(params[p]->name));
        params[p]->optim = o->optims[found != SIZE_MAX ? found : otherwise];
    }
}

void optims_settle(struct optims *o, uint64_t steps)
{
    for (size_t i = 0; i < o->config->n_optimizers; i++)
        schedule_settle(&o->optims[i]->lr, steps);
}

size_t optims_count(const struct optims *o)
{
    return o->config->n_optimizers;
}

const char *optims_pattern(const struct optims *o, size_t i)
{
    return o->config->optimizers[i].pattern;
}

double optims_rate(const struct optims *o, size_t i, uint64_t step)
{
    return schedule_at(&o->optims[i]->lr, step);
}

void optims_free(struct optims *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->config->n_optimizers; i++)
        free(o->optims[i]);
    free(o->optims);
    free(o);
}
