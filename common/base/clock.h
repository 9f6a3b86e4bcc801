// Time, memory and progress, for people.
//
//     struct progress progress = progress_begin("rows", total_or_0);
//     progress_step(&progress, rows_done, "loss %.4f", loss);     // at most ten lines a second, only on a terminal
//     progress_end(&progress);
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

// Seconds on a clock that never jumps.
double clock_seconds(void);

// The largest resident set of this process so far, in MiB.
size_t clock_rss_mib(void);

struct progress {
    const char *unit;
    size_t total;  // 0: unknown
    double started_s, shown_s;
    bool on;
};

// Progress goes to stderr, and only if that is a terminal; progress_quiet (set by -q) silences it.
extern bool progress_quiet;
struct progress progress_begin(const char *unit, size_t total);
void progress_step(struct progress *progress, size_t done, const char *format, ...) __attribute__((format(printf, 3, 4)));
void progress_end(struct progress *progress);

#endif
