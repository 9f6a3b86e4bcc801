// Times and numbers as they stand in text.
#define _DEFAULT_SOURCE  // timegm
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text/numbers.h"
#include "common/text/times.h"
#include "tests/unit.h"

static int64_t time_of(const char *text)
{
    int64_t seconds;
    return time_parse(text, strlen(text), &seconds) ? seconds : INT64_MIN;
}

static void iso_times(void)
{
    EQUAL(time_of("1970-01-01"), 0);
    EQUAL(time_of("1970-01-01T00:00:00Z"), 0);
    EQUAL(time_of("1969-12-31 23:59:59"), -1);
    EQUAL(time_of("2013-04-03T20:05:07Z"), 1365019507);
    EQUAL(time_of("2013-04-03 20:05:07"), 1365019507);
    EQUAL(time_of("2013-04-03"), 1364947200);
    EQUAL(time_of("2013-04-03T20:05:07.999Z"), 1365019507);
    EQUAL(time_of("2013-04-03T20:05:07+02:00"), 1365019507 - 7200);
    EQUAL(time_of("2013-04-03T20:05:07-0530"), 1365019507 + 19800);
    EQUAL(time_of("2000-02-29"), 951782400);
    EQUAL(time_of("0000-01-01"), -62167219200);
    EQUAL(time_of("9999-12-31T23:59:59Z"), 253402300799);
}

static void unix_seconds(void)
{
    EQUAL(time_of("1365019507"), 1365019507);
    EQUAL(time_of("0"), 0);
    EQUAL(time_of("-1"), -1);
    EQUAL(time_of("1365019507.75"), 1365019507);
    EQUAL(time_of("-0.5"), -1);
    EQUAL(time_of("1.36501951e9"), 1365019510);
}

static void wrong_times(void)
{
    static const char *const wrong[] = {
        "", " ", "yesterday", "2013", "2013-13-01", "2013-00-01", "2013-02-29", "1900-02-29", "2013-04-31", "2013-04-03T", "2013-04-03x",
        "2013-04-03T24:00:00", "2013-04-03T20:60:00", "2013-04-03T20:05:61", "2013-04-03T20:05", "2013-04-03T20:05:07z",
        "2013-04-03T20:05:07.Z", "2013-04-03T20:05:07+2", "2013-04-03T20:05:07+24:00", "2013-4-3", "nan", "inf", "1e30", "0x10",
        "2013-04-03T20:05:07Z ", " 2013-04-03",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strcmp(wrong[i], "2013") != 0)
            EQUAL(time_of(wrong[i]), INT64_MIN);
    EQUAL(time_of("2013"), 2013);  // a year alone is a number of seconds
}

// Against the C library, one day in 17 of ten thousand years.
static void days(void)
{
    for (int64_t day = -719528; day < 2932896; day += 17) {
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        gmtime_r(&t, &tm);
        EQUAL(time_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday), day);
    }
}

static void whole_numbers(void)
{
    int64_t x;
    CHECK(number_i64("0", 1, &x) && x == 0);
    CHECK(number_i64("-0042", 5, &x) && x == -42);
    CHECK(number_i64("+7", 2, &x) && x == 7);
    CHECK(number_i64("9223372036854775807", 19, &x) && x == INT64_MAX);
    CHECK(number_i64("-9223372036854775808", 20, &x) && x == INT64_MIN);
    CHECK(!number_i64("9223372036854775808", 19, &x));
    CHECK(!number_i64("-9223372036854775809", 20, &x));
    CHECK(!number_i64("", 0, &x));
    CHECK(!number_i64("-", 1, &x));
    CHECK(!number_i64("1.0", 3, &x));
    CHECK(!number_i64("1 ", 2, &x));
    CHECK(!number_i64(" 1", 2, &x));
    CHECK(!number_i64("0x1", 3, &x));
}

static void wrong_reals(void)
{
    static const char *const wrong[] = {"",    " ",  ".",   "-",    "+",     "e5",   "1e",    "1e+", "nan", "NaN", "inf", "-inf",
                                        "0x1", "1x", "1 ",  " 1",   "1,5",   "1..2", "1e400", "--1", "1e5.0", "infinity"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        float f;
        double d;
        CHECK(!number_f32(wrong[i], strlen(wrong[i]), &f));
        CHECK(!number_f64(wrong[i], strlen(wrong[i]), &d));
    }
    float f;
    CHECK(!number_f32("1e39", 4, &f));
}

static void check_real(const char *text)
{
    float f;
    double d;
    CHECK(number_f32(text, strlen(text), &f) ? f == strtof(text, NULL) : isinf(strtof(text, NULL)));
    CHECK(number_f64(text, strlen(text), &d) && d == strtod(text, NULL));
}

// Bit for bit what the C library reads, on both sides of the limits of the short way.
static void reals(void)
{
    static const char *const texts[] = {
        "0", "-0", "3", "3.5", ".5", "5.", "+1.25", "-0.1", "16777216", "16777217", "9999999", "99999999", "0.0000001", "0.00000001",
        "1e10", "1E-10", "1.7976931348623157e308", "123456789012345", "1234567890123456", "0.1234567890123456", "4.9e-324", "1e-400",
        "8388608.5", "0.30000001192092896", "00000000000000000003.5", "1.00000005960464477539062500000001", "340282346638528859811704183484516925440",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_real(texts[i]);
    for (uint32_t i = 0, x = 1; i < 200000; i++, x = x * 1664525 + 1013904223) {
        char text[40];
        snprintf(text, sizeof text, "%.*f", (int)(i % 12), (double)x / (double)(1 + (i * 7919) % 100000));
        check_real(text);
    }
}

UNIT_MAIN(UNIT(iso_times), UNIT(unix_seconds), UNIT(wrong_times), UNIT(days), UNIT(whole_numbers), UNIT(wrong_reals), UNIT(reals))
