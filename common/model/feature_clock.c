// clock: what a time says beyond its date: the hour of the day, the day of the week, the month.
//
// Times are seconds since 1970, in UTC but for `offset` hours. Hours are 0 to 23, days 0 (Monday) to 6, months 0 (January) to 11.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"

enum part { HOUR, WEEKDAY, MONTH, PARTS };

static const size_t ids_of[PARTS] = {[HOUR] = 24, [WEEKDAY] = 7, [MONTH] = 12};

struct clock_state {
    enum part part;
    double offset_s;
};

static void *clock_make(const struct feature *feature, const struct config *config)
{
    static const char *const names[PARTS] = {[HOUR] = "hour", [WEEKDAY] = "weekday", [MONTH] = "month"};
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "offset, from", 1);
    const char *part = call_position(call, 0);
    struct clock_state *clock = memory_zeros(1, sizeof *clock);
    clock->offset_s = call_real(call, "offset", 0, -24, 24) * 3600;
    while (part != NULL && clock->part < PARTS && strcmp(part, names[clock->part]) != 0)
        clock->part++;
    if (part == NULL || clock->part == PARTS)
        die(EXIT_INPUT, "%s: feature %s: wanted clock(hour), clock(weekday) or clock(month)%s%s", feature->config->place,
            quoted_text(feature->config->name), part != NULL ? ", found " : "", part != NULL ? quoted_text(part) : "");
    return clock;
}

// The month of a day, counted from 1970-01-01. In years that begin in March, the months' first days lie on a line (Hinnant 2013).
static uint32_t month_of(double days)
{
    double era = floor((days + 719468) / 146097), day = days + 719468 - era * 146097;
    double year = floor((day - floor(day / 1460) + floor(day / 36524) - floor(day / 146096)) / 365);
    double of_year = day - (365 * year + floor(year / 4) - floor(year / 100)), month = floor((5 * of_year + 2) / 153);
    return (uint32_t)(month < 10 ? month + 2 : month - 10);
}

static struct cells clock_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct clock_state *clock = state;
    const double *x = feature_numbers(feature, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++) {
        double seconds = x[i] + clock->offset_s, days = floor(seconds / 86400);
        if (fabs(days) > 1e9)
            die(EXIT_INPUT, "%s: %s%srow %zu: column %s is %g, no time in seconds since 1970", schema_place(rows->schema),
                rows->place != NULL ? rows->place : "", rows->place != NULL ? ": " : "", i, quoted_text(feature->config->from), x[i]);
        ids[i] = clock->part == HOUR ? (uint32_t)((seconds - days * 86400) / 3600)
               : clock->part == WEEKDAY ? (uint32_t)(days + 3 - floor((days + 3) / 7) * 7) : month_of(days);
    }
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t clock_ids(const void *state)
{
    return ids_of[((const struct clock_state *)state)->part];
}

const struct feature_kind feature_clock = {
    .name = "clock",
    .arguments = "hour|weekday|month, offset=0, from=",
    .help = "the hour of the day, day of the week or month of a time, `offset` hours from UTC",
    .input = FEATURE_NUMBER,
    .type = feature_type_ids,
    .make = clock_make,
    .encode = clock_encode,
    .ids = clock_ids,
    .free = free,
};
