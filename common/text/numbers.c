// Most numbers in data are short decimals. With mantissa m and n decimals both exactly representable, m / 10^n is rounded once, so
// it is the correctly rounded value (Clinger 1990); all others go to the C library, after their notation was checked.
#include "common/text/numbers.h"

#include <math.h>
#include <stdlib.h>

struct decimal {
    bool negative, exponent;
    size_t digits, decimals;  // digits: all, leading zeros included
    uint64_t mantissa;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// [+-] digits [. digits] [e [+-] digits], with a digit before the exponent.
static bool scan(const char *text, size_t length, struct decimal *d)
{
    const char *p = text, *end = text + length;
    *d = (struct decimal){.negative = *p == '-'};
    p += *p == '-' || *p == '+';
    for (; is_digit(*p); p++, d->digits++)
        d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
    if (*p == '.')
        for (p++; is_digit(*p); p++, d->digits++, d->decimals++)
            d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
    if (d->digits == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        d->exponent = true;
        p++;
        p += *p == '-' || *p == '+';
        if (!is_digit(*p))
            return false;
        while (is_digit(*p))
            p++;
    }
    return p == end;
}

bool number_f64(const char *text, size_t length, double *value)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    struct decimal d;
    if (!scan(text, length, &d))
        return false;
    if (!d.exponent && d.digits <= 15) {
        double x = (double)d.mantissa / powers[d.decimals];
        *value = d.negative ? -x : x;
        return true;
    }
    *value = strtod(text, NULL);
    return isfinite(*value);
}

bool number_f32(const char *text, size_t length, float *value)
{
    static const float powers[] = {1, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f};
    struct decimal d;
    if (!scan(text, length, &d))
        return false;
    if (!d.exponent && d.digits <= 7) {
        float x = (float)d.mantissa / powers[d.decimals];
        *value = d.negative ? -x : x;
        return true;
    }
    *value = strtof(text, NULL);
    return isfinite(*value);
}

bool number_i64(const char *text, size_t length, int64_t *value)
{
    const char *p = text, *end = text + length;
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    if (p == end)
        return false;
    int64_t x = 0;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return false;
        int digit = negative ? '0' - *p : *p - '0';  // counted away from zero, so that the lowest number fits
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_add_overflow(x, digit, &x))
            return false;
    }
    *value = x;
    return true;
}
