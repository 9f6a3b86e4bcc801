#include "common/base/die.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *program_name = "millrace";
bool message_wipes_line;

// The innermost guard of the thread.
struct way_back {
    jmp_buf jump;
    struct die_guard *guard;
    struct way_back *outer;
    size_t warnings_bytes;       // that waited when it began
};

static _Thread_local struct way_back *way_back;

// Whether the character at p acts on a terminal or cannot be seen: controls (C0, DEL, C1), U+200B to U+200F, U+2028 to U+202E, U+2060 to
// U+206F, U+FEFF. Its bytes, else 0.
static size_t invisible(const unsigned char *p)
{
    if (p[0] < 0x20 || p[0] == 0x7f)
        return 1;
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
        return 2;
    bool general = p[0] == 0xe2 && ((p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
                                    (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf));
    return general || (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) ? 3 : 0;
}

// Names of files and of sections come into messages as they are.
static void make_visible(const char *line, char *out, size_t size)
{
    const unsigned char *p = (const unsigned char *)line;
    size_t length = 0;
    while (*p != '\0' && length + 13 < size) {
        size_t n = invisible(p);
        for (size_t i = 0; i < n; i++)
            length += (size_t)snprintf(out + length, 5, "\\x%02x", p[i]);
        if (n == 0)
            out[length++] = (char)*p;
        p += n > 0 ? n : 1;
    }
    out[length] = '\0';
}

// The message as it is to be seen.
static void compose(const char *format, va_list args, int error, char *out, size_t size)
{
    char line[2048];
    int n = vsnprintf(line, sizeof line, format, args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    bool with_error = length > 0 && line[length - 1] == ':';
    char visible[2200];
    make_visible(line, visible, sizeof visible);
    snprintf(out, size, "%s%s%s", visible, with_error ? " " : "", with_error ? strerror(error) : "");
}

// The warnings that wait, each with its zero byte.
static _Thread_local char *warnings;
static _Thread_local size_t warnings_bytes;

static void print(const char *message)
{
    // One write, so that the lines of several stages do not mix.
    char whole[2600];
    int n = snprintf(whole, sizeof whole, "%s%s: %s\n", message_wipes_line ? "\r\x1b[K" : "", program_name, message);
    fwrite(whole, 1, (size_t)n < sizeof whole ? (size_t)n : sizeof whole - 1, stderr);
    fflush(stderr);
}

static void say(const char *format, va_list args, int error)
{
    char message[2400];
    compose(format, args, error, message, sizeof message);
    print(message);
}

// Several threads may find a reason to end: the first one's is told, the others wait here for the end. What the end itself finds (a handler) is
// not told: the code is given already.
static void be_first_to_end(int code)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;
    static _Thread_local int ends_with;
    if (ends_with != 0)
        _exit(ends_with);
    while (atomic_flag_test_and_set(&ending))
        pause();
    ends_with = code;
}

_Noreturn void die(int code, const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start(args, format);
    if (way_back != NULL) {
        way_back->guard->code = code;
        compose(format, args, error, way_back->guard->message, sizeof way_back->guard->message);
        if (warnings_bytes > way_back->warnings_bytes)
            warnings_bytes = way_back->warnings_bytes;
        longjmp(way_back->jump, 1);
    }
    be_first_to_end(code);
    say(format, args, error);
    va_end(args);
    // Not exit: it would take the memory of libraries (OpenBLAS) from threads that still compute.
    fflush(NULL);
    quick_exit(code);
}

_Noreturn void die_in_handler(int code, const char *message)
{
    be_first_to_end(code);
    char line[512] = "";
    const char *const parts[] = {program_name, ": ", message, "\n"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *p = parts[i]; *p != '\0' && length < sizeof line; p++)
            line[length++] = *p;
    ssize_t ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
    _exit(code);
}

_Noreturn void die_usage(const char *format, ...)
{
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    die(EXIT_USAGE, "%s; try '%s --help'", message, program_name);
}

bool die_guarded(struct die_guard *guard, void (*run)(void *context), void *context)
{
    struct way_back here = {.guard = guard, .outer = way_back, .warnings_bytes = warnings_bytes};
    guard->code = 0;
    guard->message[0] = '\0';
    if (setjmp(here.jump) == 0) {
        way_back = &here;
        run(context);
    }
    way_back = here.outer;
    return guard->code == 0;
}

void warn(const char *format, ...)
{
    int error = errno;
    char message[2400];
    va_list args;
    va_start(args, format);
    compose(format, args, error, message, sizeof message);
    va_end(args);
    size_t n = strlen(message) + 1;
    char *grown = realloc(warnings, warnings_bytes + n);
    if (grown == NULL) {
        print(message);
        return;
    }
    warnings = grown;
    memcpy(warnings + warnings_bytes, message, n);
    warnings_bytes += n;
}

void warnings_print(void)
{
    for (size_t at = 0; at < warnings_bytes; at += strlen(warnings + at) + 1)
        print(warnings + at);
    free(warnings);
    warnings = NULL;
    warnings_bytes = 0;
}

void tell(const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start(args, format);
    say(format, args, error);
    va_end(args);
}

enum { SHOWN_MAX = 60, QUOTED_BYTES = SHOWN_MAX * 4 + 8 };

static void quote(const void *bytes, size_t length, char *out)
{
    const unsigned char *in = bytes;
    size_t shown = length < SHOWN_MAX ? length : SHOWN_MAX;
    *out++ = '"';
    for (size_t i = 0; i < shown; i++) {
        if (in[i] < 0x20 || in[i] >= 0x7f || in[i] == '"' || in[i] == '\\')
            out += snprintf(out, 5, "\\x%02x", in[i]);
        else
            *out++ = (char)in[i];
    }
    strcpy(out, shown < length ? "\"..." : "\"");
}

const char *quoted(const void *bytes, size_t length)
{
    static _Thread_local char buffers[8][QUOTED_BYTES];
    static _Thread_local int turn;
    char *out = buffers[turn++ % 8];
    quote(bytes, length, out);
    return out;
}

const char *quoted_text(const char *text)
{
    return quoted(text, strlen(text));
}

// Levenshtein's distance over two rows, up to 63 bytes a word.
static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), row[64];
    if (n > 63 || m > 63)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 2 + 1;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, words[i]);
        if (distance < best_distance) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}

const char *did_you_mean(const char *word, const char *const *words, size_t n)
{
    enum { LIST_BYTES = 400 };
    static _Thread_local char text[LIST_BYTES + QUOTED_BYTES + 32];
    const char *near = nearest_word(word, words, n);
    char name[QUOTED_BYTES], *out = text;
    *out = '\0';
    if (near != NULL) {
        quote(near, strlen(near), name);
        sprintf(out, ", did you mean %s", name);
        return text;
    }
    for (size_t i = 0; i < n; i++) {
        if (out - text > LIST_BYTES) {
            strcpy(out, " ...");
            break;
        }
        quote(words[i], strlen(words[i]), name);
        out += sprintf(out, "%s%s", i == 0 ? ": wanted " : i + 1 == n ? " or " : ", ", name);
    }
    return text;
}
