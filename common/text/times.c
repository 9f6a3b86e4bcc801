#include "common/text/times.h"

#include "common/text/numbers.h"

int64_t time_days(int year, int month, int day)
{
    // The year begins in March, so the day that leap years add is its last (Fliegel, van Flandern 1968).
    int y = month <= 2 ? year - 1 + 400 : year + 400, m = (month + 9) % 12;
    int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
    return days - (719468 + 146097);
}

static bool digits(const char **text, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++, ++*text) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

static bool literal(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

static bool date(const char **text, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!digits(text, 4, &year) || !literal(text, '-') || !digits(text, 2, &month) || !literal(text, '-') || !digits(text, 2, &day))
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (leap && month == 2))
        return false;
    *days = time_days(year, month, day);
    return true;
}

// Z, or an offset such as +02:00 or -0530, in seconds.
static bool offset(const char **text, int *seconds)
{
    *seconds = 0;
    if (literal(text, 'Z') || **text == '\0')
        return true;
    int sign = literal(text, '-') ? -1 : literal(text, '+') ? 1 : 0, hour, minute;
    if (sign == 0 || !digits(text, 2, &hour))
        return false;
    literal(text, ':');
    if (!digits(text, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *seconds = sign * (hour * 3600 + minute * 60);
    return true;
}

static bool time_of_day(const char **text, int64_t *seconds)
{
    int hour, minute, second, shift;
    if (!digits(text, 2, &hour) || !literal(text, ':') || !digits(text, 2, &minute) || !literal(text, ':') || !digits(text, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)  // 60: a leap second
        return false;
    if (literal(text, '.')) {
        int digit;
        if (!digits(text, 1, &digit))
            return false;
        while (digits(text, 1, &digit))
            ;
    }
    if (!offset(text, &shift))
        return false;
    *seconds = hour * 3600 + minute * 60 + second - shift;
    return true;
}

bool time_parse(const char *text, size_t length, int64_t *seconds)
{
    const char *p = text, *end = text + length;
    int64_t days, rest = 0;
    if (length >= 10 && text[4] == '-' && text[7] == '-') {
        if (!date(&p, &days))
            return false;
        if (p < end && !((literal(&p, 'T') || literal(&p, ' ')) && time_of_day(&p, &rest)))
            return false;
        *seconds = days * 86400 + rest;
        return p == end;
    }
    if (number_i64(text, length, seconds))
        return true;
    double real;
    if (!number_f64(text, length, &real) || !(real > -9e15 && real < 9e15))
        return false;
    *seconds = (int64_t)real - (real < (double)(int64_t)real);
    return true;
}
