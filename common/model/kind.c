#include "common/model/kind.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"

static double read_below(const struct call *call, const struct kind_arg *arg, const char *text)
{
    double x = value_real(text, arg->name, call->place, arg->low, arg->high);
    if (x >= arg->high)
        die(EXIT_INPUT, "%s: %s is %s, wanted a number from %g to below %g", call->place, arg->name, quoted_text(text), arg->low, arg->high);
    return x;
}

static double read_value(const struct call *call, const struct kind_arg *arg, const char *text)
{
    switch (arg->type) {
    case KIND_FLAG: return value_flag(text, arg->name, call->place);
    case KIND_COUNT: return (double)value_count(text, arg->name, call->place, (size_t)arg->low, (size_t)arg->high);
    case KIND_CALL:
        if (isalpha((unsigned char)text[0]))
            return NAN;
        break;
    case KIND_WORD: return 0;
    case KIND_BELOW: return read_below(call, arg, text);
    case KIND_REAL: break;
    }
    return value_real(text, arg->name, call->place, arg->low, arg->high);
}

const char *kind_text(const struct call *call, const struct kind_arg *args, size_t i)
{
    const char *named = call_text(call, args[i].name);
    return named != NULL ? named : call_position(call, i);
}

void kind_read(const struct call *call, const struct kind_arg *args, double *values)
{
    char names[512] = "";
    size_t n = 0;
    for (; args[n].name != NULL; n++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", n > 0 ? ", " : "", args[n].name);
    call_known(call, names, n);
    for (size_t i = 0; i < n; i++) {
        const char *named = call_text(call, args[i].name), *placed = call_position(call, i);
        if (named != NULL && placed != NULL)
            die(EXIT_INPUT, "%s: %s: %s is given twice", call->place, call->name, quoted_text(args[i].name));
        const char *text = named != NULL ? named : placed;
        if (text == NULL && isnan(args[i].otherwise))
            die(EXIT_INPUT, "%s: %s needs an argument %s: %s", call->place, call->name, args[i].name, args[i].help);
        values[i] = text != NULL ? read_value(call, &args[i], text) : args[i].otherwise;
    }
}

void kind_unknown(const struct call *call, const char *what, const char *const *names, size_t n)
{
    const char *near = nearest_word(call->name, names, n);
    char known[256] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "", names[i]);
    die(EXIT_INPUT, "%s: unknown %s %s, %s%s", call->place, what, quoted_text(call->name), near != NULL ? "did you mean " : "known are ",
        near != NULL ? quoted_text(near) : known);
}

void kind_print(const char *name, const char *help, const struct kind_arg *args)
{
    printf("  %s(", name);
    for (size_t i = 0; args[i].name != NULL; i++) {
        if (args[i].type == KIND_FLAG)
            printf("%s%s=%s", i > 0 ? ", " : "", args[i].name, args[i].otherwise != 0 ? "yes" : "no");
        else if (isnan(args[i].otherwise) || args[i].type == KIND_WORD)
            printf("%s%s", i > 0 ? ", " : "", args[i].name);
        else
            printf("%s%s=%g", i > 0 ? ", " : "", args[i].name, args[i].otherwise);
    }
    printf(")\n      %s\n", help);
    for (size_t i = 0; args[i].name != NULL; i++)
        printf("      %-28s %s\n", args[i].name, args[i].help);
}
