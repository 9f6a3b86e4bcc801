#define _POSIX_C_SOURCE 200809L
#include "common/base/args.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/arena.h"
#include "common/base/die.h"

static bool parse_bytes(const char *text, size_t *bytes)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0)
        return false;
    int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : *end == 'T' ? 40 : 0;
    if (shift > 0)
        end++;
    if (*end != '\0' || n > (SIZE_MAX >> shift))
        return false;
    *bytes = (size_t)n << shift;
    return true;
}

static void store_number(const struct arg *arg, const char *text)
{
    char *end;
    errno = 0;
    double x = arg->kind == ARG_KIND_COUNT ? (double)strtoull(text, &end, 10) : strtod(text, &end);
    bool whole = end != text && *end == '\0' && errno == 0 && (text[0] == '-' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
    if (arg->kind == ARG_KIND_COUNT && (text[0] < '0' || text[0] > '9'))
        whole = false;
    if (!whole || !(x >= arg->low && x <= arg->high))
        die_usage("--%s %s: wanted %s from %.10g to %.10g", arg->name, quoted_text(text),
                  arg->kind == ARG_KIND_COUNT ? "a whole number" : "a number", arg->low, arg->high);
    if (arg->kind == ARG_KIND_COUNT)
        *(size_t *)arg->value = (size_t)strtoull(text, NULL, 10);
    else
        *(double *)arg->value = x;
}

static void store_choice(const struct arg *arg, const char *text)
{
    struct bytes wanted = {0};
    for (const char *word = arg->holder; *word != '\0';) {
        size_t length = strcspn(word, "|");
        if (strlen(text) == length && memcmp(text, word, length) == 0) {
            *(const char **)arg->value = text;
            free(wanted.data);
            return;
        }
        bool last = word[length] == '\0';
        bytes_printf(&wanted, "%s%.*s", wanted.length == 0 ? "" : last ? " or " : ", ", (int)length, word);
        word += length + !last;
    }
    die_usage("--%s %s: wanted %s", arg->name, quoted_text(text), wanted.data);
}

static void store(const struct arg *arg, const char *text)
{
    switch (arg->kind) {
    case ARG_KIND_TEXT:
        *(const char **)arg->value = text;
        break;
    case ARG_KIND_CHOICE:
        store_choice(arg, text);
        break;
    case ARG_KIND_COUNT:
    case ARG_KIND_REAL:
        store_number(arg, text);
        break;
    case ARG_KIND_BYTES:
        if (!parse_bytes(text, arg->value))
            die_usage("--%s %s: wanted a size such as 512M or 4G", arg->name, quoted_text(text));
        break;
    case ARG_KIND_LIST: {
        struct arg_list *list = arg->value;
        list->items = memory_resize(list->items, list->n + 1, sizeof *list->items);
        list->items[list->n++] = text;
        break;
    }
    default:
        break;
    }
}

static const struct arg *find(const struct arg *const *tables, size_t n_tables, const char *name, size_t length, char letter)
{
    for (size_t t = 0; t < n_tables; t++)
        for (const struct arg *arg = tables[t]; arg->kind != ARG_KIND_END; arg++)
            if (name != NULL ? strlen(arg->name) == length && memcmp(arg->name, name, length) == 0 : arg->letter == letter)
                return arg;
    return NULL;
}

// Whether the word is one of those that a holder such as HOST:PORT is made of.
static bool in_holder(const char *holder, const char *word)
{
    size_t n;
    for (; *holder != '\0'; holder += n > 0 ? n : 1) {
        n = strspn(holder, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n > 0 && strlen(word) == n && strncasecmp(holder, word, n) == 0)
            return true;
    }
    return false;
}

// The one option whose value is called like this: --listen HOST:PORT for "port". NULL if there is none, or several.
static const char *option_of_value(const struct arg *const *tables, size_t n_tables, const char *word)
{
    const char *found = NULL;
    size_t n = 0;
    for (size_t t = 0; t < n_tables; t++)
        for (const struct arg *arg = tables[t]; arg->kind != ARG_KIND_END; arg++)
            if (arg->holder != NULL && in_holder(arg->holder, word)) {
                found = arg->name;
                n++;
            }
    return n == 1 ? found : NULL;
}

static _Noreturn void unknown_option(const struct arg *const *tables, size_t n_tables, const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (size_t t = 0; t < n_tables; t++)
        for (const struct arg *arg = tables[t]; arg->kind != ARG_KIND_END && n < 64; arg++)
            names[n++] = arg->name;
    const char *near = NULL;
    char name[64];
    if (word[1] == '-' && snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2) < (int)sizeof name)
        near = option_of_value(tables, n_tables, name) != NULL ? option_of_value(tables, n_tables, name) : nearest_word(name, names, n);
    die_usage("unknown option %s%s%s", quoted_text(word), near != NULL ? ", did you mean --" : "", near != NULL ? near : "");
}

static _Noreturn void no_value(const struct arg *arg)
{
    die_usage("--%s wants a value, %s", arg->name, arg->holder);
}

// One "--name", "--name=value" or "--name value"; returns how many words of argv it took.
static size_t parse_long(char **words, const struct arg *const *tables, size_t n_tables)
{
    const char *name = words[0] + 2;
    size_t length = strcspn(name, "=");
    const struct arg *arg = find(tables, n_tables, name, length, 0);
    if (arg == NULL)
        unknown_option(tables, n_tables, words[0]);
    bool joined = name[length] == '=';
    if (arg->kind == ARG_KIND_FLAG) {
        if (joined)
            die_usage("--%s takes no value", arg->name);
        *(bool *)arg->value = true;
        return 1;
    }
    if (!joined && words[1] == NULL)
        no_value(arg);
    store(arg, joined ? name + length + 1 : words[1]);
    return joined ? 1 : 2;
}

// One "-x", "-xyz" (flags), "-nVALUE" or "-n VALUE".
static size_t parse_short(char **words, const struct arg *const *tables, size_t n_tables)
{
    for (const char *p = words[0] + 1; *p != '\0'; p++) {
        const struct arg *arg = find(tables, n_tables, NULL, 0, *p);
        if (arg == NULL)
            unknown_option(tables, n_tables, words[0]);
        if (arg->kind == ARG_KIND_FLAG) {
            *(bool *)arg->value = true;
            continue;
        }
        if (p[1] != '\0') {
            store(arg, p + 1);
            return 1;
        }
        if (words[1] == NULL)
            no_value(arg);
        store(arg, words[1]);
        return 2;
    }
    return 1;
}

size_t args_parse(int argc, char **argv, const struct arg *const *tables, size_t n_tables)
{
    size_t operands = 0;
    bool options = true;
    for (size_t i = 1; i < (size_t)argc;) {
        const char *word = argv[i];
        if (options && strcmp(word, "--") == 0) {
            options = false;
            i++;
        } else if (options && word[0] == '-' && word[1] == '-') {
            i += parse_long(argv + i, tables, n_tables);
        } else if (options && word[0] == '-' && word[1] != '\0') {
            i += parse_short(argv + i, tables, n_tables);
        } else {
            argv[1 + operands++] = argv[i++];
        }
    }
    return operands;
}

static void print_default(const struct arg *arg)
{
    switch (arg->kind) {
    case ARG_KIND_TEXT:
    case ARG_KIND_CHOICE:
        if (*(const char **)arg->value != NULL)
            printf(" (default %s)", *(const char **)arg->value);
        break;
    case ARG_KIND_COUNT:
        printf(" (default %zu)", *(size_t *)arg->value);
        break;
    case ARG_KIND_REAL:
        if (!isnan(*(double *)arg->value))
            printf(" (default %g)", *(double *)arg->value);
        break;
    case ARG_KIND_BYTES: {
        size_t bytes = *(size_t *)arg->value;
        if (bytes >> 30 != 0 && (bytes & (((size_t)1 << 30) - 1)) == 0)
            printf(" (default %zuG)", bytes >> 30);
        else if (bytes >> 20 != 0)
            printf(" (default %zuM)", bytes >> 20);
        else
            printf(" (default %zu)", bytes);
        break;
    }
    default:
        break;
    }
}

void args_print(const struct arg *table)
{
    for (const struct arg *arg = table; arg->kind != ARG_KIND_END; arg++) {
        char left[64];
        int n = arg->letter != 0 ? snprintf(left, sizeof left, "  -%c, ", arg->letter) : snprintf(left, sizeof left, "      ");
        snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", arg->name, arg->holder != NULL ? " " : "",
                 arg->holder != NULL ? arg->holder : "");
        printf("%-30s %s", left, arg->help);
        print_default(arg);
        putchar('\n');
    }
}
