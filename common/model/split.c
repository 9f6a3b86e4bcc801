#include "common/model/split.h"

#include <stdio.h>
#include <string.h>

#include "common/base/die.h"

static const struct split_kind *const split_kinds[] = {&split_random, &split_time, &split_last, &split_none, NULL};

struct split split_new(const struct config *config)
{
    const struct call *call = &config->split;
    const char *names[sizeof split_kinds / sizeof *split_kinds];
    size_t n = 0;
    for (; split_kinds[n] != NULL; n++) {
        names[n] = split_kinds[n]->name;
        if (strcmp(names[n], call->name) == 0)
            return (struct split){split_kinds[n], split_kinds[n]->make(config)};
    }
    const char *near = nearest_word(call->name, names, n);
    die(EXIT_INPUT, "%s: unknown split method %s%s%s", call->place, quoted_text(call->name),
        near != NULL ? ", did you mean " : "; 'split --help' lists them", near != NULL ? near : "");
}

void split_check(const struct call *call)
{
    if (call_text(call, "test") == NULL && call_text(call, "valid") == NULL)
        die(EXIT_INPUT, "%s: %s() needs test= or valid=, how much it holds back; none() holds nothing back", call->place, call->name);
}

struct split_shares split_shares(const struct call *call)
{
    split_check(call);
    struct split_shares shares = {call_real(call, "test", 0, 0, 1), call_real(call, "valid", 0, 0, 1)};
    if (!(shares.test + shares.valid < 1))
        die(EXIT_INPUT, "%s: test=%g and valid=%g leave nothing to train on: together they must be below 1", call->place, shares.test,
            shares.valid);
    return shares;
}

const char *split_time_column(const struct config *config)
{
    if (config->time == NULL)
        die(EXIT_INPUT, "%s: %s() needs the column of times, but [data] time is empty", config->split.place, config->split.name);
    return config->time;
}

static void *none_make(const struct config *config)
{
    call_known(&config->split, "", 0);
    return NULL;
}

const struct split_kind split_none = {.name = "none", .arguments = "", .help = "everything stays as it is", .make = none_make};

void split_print_kinds(void)
{
    printf("\nmethods:\n");
    for (size_t i = 0; split_kinds[i] != NULL; i++)
        printf("  %s(%s)\n      %s\n", split_kinds[i]->name, split_kinds[i]->arguments, split_kinds[i]->help);
}
