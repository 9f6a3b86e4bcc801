#include "common/model/schedule.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { LR, FIRST, SECOND };

static const double pi = 3.14159265358979323846;

#define SCHEDULE_LR {"lr", KIND_REAL, NAN, 0, 1e6, "the rate at its height"}
#define SCHEDULE_STEPS {"steps", KIND_COUNT, 0, 0, 1e15, "steps that it falls, after the warm-up; 0: all that are left of the training"}
#define SCHEDULE_END {"end", KIND_REAL, 0, 0, 1, "what is left of it then, as a share"}
#define SCHEDULE_WARMUP {"warmup", KIND_COUNT, 0, 0, 1e15, "steps of linear rise before"}

static const struct kind_arg constant_args[] = {SCHEDULE_LR, SCHEDULE_WARMUP, {0}};
static const struct kind_arg fall_args[] = {SCHEDULE_LR, SCHEDULE_STEPS, SCHEDULE_END, SCHEDULE_WARMUP, {0}};
static const struct kind_arg step_args[] = {
    SCHEDULE_LR,
    {"every", KIND_COUNT, NAN, 1, 1e15, "steps between two falls"},
    {"factor", KIND_REAL, 0.1, 0, 1, "what a fall leaves, as a share"},
    SCHEDULE_WARMUP,
    {0},
};

static double constant_share(const double *args, double past)
{
    (void)args;
    (void)past;
    return 1;
}

static double linear_share(const double *args, double past)
{
    return past >= args[FIRST] ? args[SECOND] : 1 - (1 - args[SECOND]) * past / args[FIRST];
}

static double cosine_share(const double *args, double past)
{
    return past >= args[FIRST] ? args[SECOND] : args[SECOND] + (1 - args[SECOND]) * 0.5 * (1 + cos(pi * past / args[FIRST]));
}

static double step_share(const double *args, double past)
{
    return pow(args[SECOND], floor(past / args[FIRST]));
}

static const struct schedule_kind schedule_constant = {"constant", "the same rate at every step", constant_args, constant_share};
static const struct schedule_kind schedule_linear = {"linear", "falls in a straight line", fall_args, linear_share};
static const struct schedule_kind schedule_cosine = {"cosine", "falls as half a wave of the cosine", fall_args, cosine_share};
static const struct schedule_kind schedule_step = {"step", "falls at once every so many steps", step_args, step_share};

const struct schedule_kind *const schedule_kinds[] = {&schedule_constant, &schedule_linear, &schedule_cosine, &schedule_step, NULL};

struct schedule schedule_new(const char *text, double constant, const char *place)
{
    struct schedule schedule = {.kind = &schedule_constant, .args = {constant}};
    if (text == NULL || !isalpha((unsigned char)text[0]))
        return schedule;
    struct arena arena = {0};
    struct call call = call_parse(&arena, text, place);
    KIND_FIND(schedule.kind, &call, "schedule", schedule_kinds);
    kind_read(&call, schedule.kind->args, schedule.args);
    arena_free(&arena);
    return schedule;
}

static double warmup_of(const struct schedule *schedule)
{
    size_t last = 0;
    while (schedule->kind->args[last + 1].name != NULL)
        last++;
    return schedule->args[last];
}

void schedule_settle(struct schedule *schedule, uint64_t steps)
{
    if (schedule->kind->args == fall_args && schedule->args[FIRST] == 0)
        schedule->args[FIRST] = fmax(1, (double)steps - warmup_of(schedule));
}

double schedule_at(const struct schedule *schedule, uint64_t step)
{
    double warmup = warmup_of(schedule), past = (double)step - 1 - warmup;
    if (past < 0)
        return schedule->args[LR] * (double)step / warmup;
    return schedule->args[LR] * schedule->kind->share(schedule->args, past);
}
