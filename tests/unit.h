// The frame of a unit test: named checks that print TAP lines, and a main that runs them.
//
//     static void softmax_of_one_row(void) { NEAR(loss, 0.6931472, 1e-6); }
//     UNIT_MAIN(UNIT(softmax_of_one_row), UNIT(another))
//
// A test stops at its first failing check and says where and why; the others still run. UNIT_SKIP("needs FILE") ends one visibly.
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static jmp_buf unit_failed;
static const char *unit_skipped;

#define CHECK(condition) do { if (!(condition)) { \
        printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); longjmp(unit_failed, 1); } } while (0)

#define EQUAL(found, wanted) do { long long f_ = (long long)(found), w_ = (long long)(wanted); if (f_ != w_) { \
        printf("# %s:%d: %s is %lld, wanted %lld\n", __FILE__, __LINE__, #found, f_, w_); longjmp(unit_failed, 1); } } while (0)

// |found - wanted| <= tolerance * max(1, |wanted|); fails on NaN.
#define NEAR(found, wanted, tolerance) do { double f_ = (found), w_ = (wanted), s_ = fabs(w_) > 1 ? fabs(w_) : 1; \
        if (!(fabs(f_ - w_) <= (tolerance) * s_)) { printf("# %s:%d: %s is %.9g, wanted %.9g within %g\n", __FILE__, __LINE__, \
        #found, f_, w_, (double)(tolerance)); longjmp(unit_failed, 1); } } while (0)

#define SAME_TEXT(found, wanted) do { const char *f_ = (found), *w_ = (wanted); if (strcmp(f_, w_) != 0) { \
        printf("# %s:%d: %s is \"%s\", wanted \"%s\"\n", __FILE__, __LINE__, #found, f_, w_); longjmp(unit_failed, 1); } } while (0)

// The statement ends the process with this exit code. Runs in a child that says nothing.
#define DIES(code, statement) do { \
        fflush(stdout); \
        pid_t child_ = fork(); \
        if (child_ == 0) { if (freopen("/dev/null", "w", stderr) == NULL) _exit(98); statement; _exit(99); } \
        int status_ = 0; \
        waitpid(child_, &status_, 0); \
        int found_ = WIFEXITED(status_) ? WEXITSTATUS(status_) : 1000 + WTERMSIG(status_); \
        if (found_ != (code)) { printf("# %s:%d: %s: ended with %d, wanted %d\n", __FILE__, __LINE__, #statement, found_, \
            (code)); longjmp(unit_failed, 1); } } while (0)
#define UNIT_SKIP(reason) do { unit_skipped = (reason); return; } while (0)

struct unit {
    const char *name;
    void (*run)(void);
};

#define UNIT(function) {#function, function}

static int unit_run(const struct unit *units, size_t n)
{
    volatile int failures = 0;
    for (volatile size_t i = 0; i < n; i++) {
        if (setjmp(unit_failed) == 0) {
            unit_skipped = NULL;
            units[i].run();
            printf("ok %s%s%s\n", units[i].name, unit_skipped != NULL ? " # skip " : "", unit_skipped != NULL ? unit_skipped : "");
        } else {
            printf("not ok %s\n", units[i].name);
            failures++;
        }
        fflush(stdout);
    }
    return failures != 0;
}

#define UNIT_MAIN(...) int main(void) { static const struct unit units[] = {__VA_ARGS__}; \
        return unit_run(units, sizeof units / sizeof *units); }

// The statement ends the process with this exit code and one line on stderr that has these words in it. Runs in a child.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int unit_child(void (*body)(void), char *said, size_t size)
{
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        return -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        body();
        _exit(99);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(ends[0], said + n, size - n - 1)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define COMPLAINS(code, words, function) do { char said_[4096]; int found_ = unit_child(function, said_, sizeof said_); \
        if (found_ != (code) || strstr(said_, (words)) == NULL) { printf("# %s:%d: ended with %d saying %s# wanted %d and \"%s\"\n", \
        __FILE__, __LINE__, found_, said_[0] != '\0' ? said_ : "nothing\n", (code), (words)); longjmp(unit_failed, 1); } } while (0)

#endif
