// Times as seconds since 1970-01-01T00:00:00Z.
#ifndef TEXT_TIMES_H
#define TEXT_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads "1364933107" (seconds; a fraction is cut), "2013-04-02", "2013-04-02 20:05:07", "2013-04-02T20:05:07Z" or with a fraction
// (cut) and an offset, "2013-04-02T20:05:07.25+02:00". Without an offset it is UTC. The text must end in a zero byte.
bool time_parse(const char *text, size_t length, int64_t *seconds) __attribute__((warn_unused_result));

// Days from 1970-01-01 to a date of the Gregorian calendar, years 0 to 9999; month from 1, day from 1.
int64_t time_days(int year, int month, int day);

#endif
