#define _POSIX_C_SOURCE 200809L  // strtok_r
#include "common/config/call.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

static const char *skip_spaces(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static char *trimmed(struct arena *arena, const char *from, const char *to)
{
    from = skip_spaces(from);
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return arena_text(arena, from, (size_t)(to > from ? to - from : 0));
}

// The end of the item that begins at p: a comma or `closing` outside any parentheses, or the end of the text.
static const char *item_end(const char *p, char closing)
{
    int depth = 0;
    for (; *p != '\0'; p++) {
        if (depth == 0 && (*p == ',' || *p == closing))
            return p;
        depth += (*p == '(') - (*p == ')');
    }
    return p;
}

static _Noreturn void malformed(const char *text, const char *place)
{
    die(EXIT_INPUT, "%s: %s: wanted name or name(argument, key=value, ...)", place, quoted_text(text));
}

// Room for as many items as there are commas and one more, but for no more than the limit.
static size_t room(const char *text, size_t max)
{
    size_t n = 1;
    for (; *text != '\0' && n < max; text++)
        n += *text == ',';
    return n;
}

static void add_argument(struct arena *arena, struct call *call, struct call_arg *args, const char *from, const char *to)
{
    if (call->n == CALL_ARGS_MAX)
        die(EXIT_INPUT, "%s: %s has more than %d arguments", call->place, quoted_text(call->name), CALL_ARGS_MAX);
    const char *equals = from;
    while (equals < to && *equals != '=' && *equals != '(')
        equals++;
    bool keyed = equals < to && *equals == '=';
    args[call->n].key = keyed ? trimmed(arena, from, equals) : NULL;
    args[call->n].value = trimmed(arena, keyed ? equals + 1 : from, to);
    if (keyed && call_text(call, args[call->n].key) != NULL)
        die(EXIT_INPUT, "%s: %s has argument %s twice", call->place, call->name, quoted_text(args[call->n].key));
    call->n++;
}

struct call call_parse(struct arena *arena, const char *text, const char *place)
{
    struct call call = {.place = place};
    const char *p = skip_spaces(text), *start = p;
    while (isalnum((unsigned char)*p) || *p == '_' || *p == '-' || *p == '.')
        p++;
    call.name = arena_text(arena, start, (size_t)(p - start));
    p = skip_spaces(p);
    if (call.name[0] == '\0')
        malformed(text, place);
    if (*p == '\0')
        return call;
    if (*p != '(')
        malformed(text, place);
    p = skip_spaces(p + 1);
    struct call_arg *args = arena_array(arena, room(p, CALL_ARGS_MAX), sizeof *args);
    call.args = args;
    while (*p != ')') {
        const char *end = item_end(p, ')');
        if (*end == '\0')
            malformed(text, place);
        add_argument(arena, &call, args, p, end);
        if (call.args[call.n - 1].value[0] == '\0')
            malformed(text, place);
        p = skip_spaces(*end == ',' ? end + 1 : end);
        if (*end == ',' && *p == ')')
            malformed(text, place);
    }
    if (*skip_spaces(p + 1) != '\0')
        malformed(text, place);
    return call;
}

size_t call_list(struct arena *arena, const char *text, const char *place, struct call **calls)
{
    size_t n = 0;
    *calls = arena_array(arena, room(text, CALLS_MAX), sizeof **calls);
    for (const char *p = skip_spaces(text); *p != '\0';) {
        const char *end = item_end(p, '\0');
        if (n == CALLS_MAX)
            die(EXIT_INPUT, "%s: a list of more than %d", place, CALLS_MAX);
        (*calls)[n++] = call_parse(arena, trimmed(arena, p, end), place);
        p = skip_spaces(*end == ',' ? end + 1 : end);
        if (*end == ',' && *p == '\0')
            die(EXIT_INPUT, "%s: %s: nothing after the last comma", place, quoted_text(text));
    }
    return n;
}

const char *call_text(const struct call *call, const char *key)
{
    for (size_t i = 0; i < call->n; i++)
        if (call->args[i].key != NULL && strcmp(call->args[i].key, key) == 0)
            return call->args[i].value;
    return NULL;
}

const char *call_position(const struct call *call, size_t wanted)
{
    for (size_t i = 0, position = 0; i < call->n; i++)
        if (call->args[i].key == NULL && position++ == wanted)
            return call->args[i].value;
    return NULL;
}

double value_real(const char *text, const char *what, const char *place, double low, double high)
{
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || !(x >= low && x <= high))
        die(EXIT_INPUT, "%s: %s is %s, wanted a number from %g to %g", place, what, quoted_text(text), low, high);
    return x;
}

size_t value_count(const char *text, const char *what, const char *place, size_t low, size_t high)
{
    char *end;
    errno = 0;
    unsigned long long x = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || x < low || x > high)
        die(EXIT_INPUT, "%s: %s is %s, wanted a whole number from %zu to %zu", place, what, quoted_text(text), low, high);
    return (size_t)x;
}

bool value_flag(const char *text, const char *what, const char *place)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        die(EXIT_INPUT, "%s: %s is %s, wanted yes or no", place, what, quoted_text(text));
    return text[0] == 'y';
}

size_t value_parts(struct arena *arena, const char *text, const char ***parts)
{
    size_t length = strlen(text), n = 0, commas = 0;
    bool list = length >= 2 && text[0] == '(' && text[length - 1] == ')';
    const char *p = text + list, *last = text + length - list;
    for (const char *c = p; c < last; c++)
        commas += *c == ',';
    *parts = arena_array(arena, commas + 1, sizeof **parts);
    while (p <= last) {
        const char *end = p;
        while (end < last && !(list && *end == ','))
            end++;
        (*parts)[n++] = trimmed(arena, p, end);
        p = end + 1;
    }
    return n;
}

double call_real(const struct call *call, const char *key, double otherwise, double low, double high)
{
    const char *text = call_text(call, key);
    return text == NULL ? otherwise : value_real(text, key, call->place, low, high);
}

size_t call_count(const struct call *call, const char *key, size_t otherwise, size_t low, size_t high)
{
    const char *text = call_text(call, key);
    return text == NULL ? otherwise : value_count(text, key, call->place, low, high);
}

bool call_flag(const struct call *call, const char *key, bool otherwise)
{
    const char *text = call_text(call, key);
    return text == NULL ? otherwise : value_flag(text, key, call->place);
}

void call_known(const struct call *call, const char *keys, size_t positions)
{
    char words[512];
    const char *list[32];
    size_t n = 0, unnamed = 0;
    snprintf(words, sizeof words, "%s", keys);
    for (char *save, *word = strtok_r(words, ", ", &save); word != NULL && n < 32; word = strtok_r(NULL, ", ", &save))
        list[n++] = word;
    for (size_t i = 0; i < call->n; i++) {
        const char *key = call->args[i].key;
        if (key == NULL) {
            if (++unnamed > positions)
                die(EXIT_INPUT, "%s: %s takes %zu arguments without a name, %s is one more", call->place, call->name, positions,
                    quoted_text(call->args[i].value));
            continue;
        }
        size_t known = 0;
        while (known < n && strcmp(list[known], key) != 0)
            known++;
        const char *near = known == n ? nearest_word(key, list, n) : NULL;
        if (known == n)
            die(EXIT_INPUT, "%s: %s has no argument %s%s%s", call->place, call->name, quoted_text(key),
                near != NULL ? ", did you mean " : n > 0 ? ": it takes " : "", near != NULL ? near : keys);
    }
}
