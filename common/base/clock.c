#define _POSIX_C_SOURCE 200809L
#include "common/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/die.h"

bool progress_quiet;

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

size_t clock_rss_mib(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
#ifdef __APPLE__
    return (size_t)usage.ru_maxrss >> 20;
#else
    return (size_t)usage.ru_maxrss >> 10;
#endif
}

struct progress progress_begin(const char *unit, size_t total)
{
    double now = clock_seconds();
    bool on = !progress_quiet && isatty(STDERR_FILENO);
    return (struct progress){.unit = unit, .total = total, .started_s = now, .shown_s = now, .on = on};
}

void progress_step(struct progress *progress, size_t done, const char *format, ...)
{
    if (!progress->on)
        return;
    double now = clock_seconds();
    if (now - progress->shown_s < 0.1)
        return;
    progress->shown_s = now;

    double seconds = now - progress->started_s;
    double rate = (double)done / seconds;
    char left[40] = "", words[200];
    if (progress->total > done && rate > 0)
        snprintf(left, sizeof left, ", %.0f s left", (double)(progress->total - done) / rate);
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    // One write: the stages of a pipe share the terminal.
    fprintf(stderr, "\r%s: %zu %s, %.0f/s%s, %s\x1b[K", program_name, done, progress->unit, rate, left, words);
    message_wipes_line = true;
}

void progress_end(struct progress *progress)
{
    if (progress->on)
        fputs("\r\x1b[K", stderr);
    message_wipes_line = false;
}
