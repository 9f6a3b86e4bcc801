#define _DEFAULT_SOURCE  // usleep
#include "common/serve/batcher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/unit.h"

struct seen {
    atomic_size_t things, calls, most;
    atomic_bool open;                   // run waits until it is
};

static void run(void *context, size_t worker, void **things, size_t n)
{
    struct seen *seen = context;
    CHECK(worker < 3);
    while (!atomic_load(&seen->open))
        usleep(100);
    for (size_t i = 0; i < n; i++)
        (*(size_t *)things[i])++;
    atomic_fetch_add(&seen->things, n);
    atomic_fetch_add(&seen->calls, 1);
    size_t most = atomic_load(&seen->most);
    while (n > most && !atomic_compare_exchange_weak(&seen->most, &most, n))
        continue;
}

static void everything_once(void)
{
    enum { N = 5000 };
    static size_t counts[N];
    struct seen seen = {.open = true};
    struct batcher *b = batcher_new(&(struct batcher_options){.threads = 3, .batch = 7, .wait_us = 50, .queue = 16, .run = run, .context = &seen});
    for (size_t i = 0; i < N; i++)
        while (!batcher_put(b, &counts[i]))
            usleep(10);
    batcher_stop(b);
    EQUAL(atomic_load(&seen.things), N);
    CHECK(atomic_load(&seen.most) <= 7);
    for (size_t i = 0; i < N; i++)
        EQUAL(counts[i], 1);
}

static void bounded(void)
{
    size_t counts[8] = {0}, put = 0;
    struct seen seen = {.open = false};
    struct batcher *b = batcher_new(&(struct batcher_options){.threads = 1, .batch = 4, .wait_us = 0, .queue = 4, .run = run, .context = &seen});
    CHECK(batcher_put(b, &counts[put++]));
    while (batcher_waiting(b) > 0)      // until the worker has it, and holds it
        usleep(100);
    while (put < 5)
        CHECK(batcher_put(b, &counts[put++]));
    CHECK(!batcher_put(b, &counts[5]));
    EQUAL(batcher_waiting(b), 4);
    atomic_store(&seen.open, true);
    batcher_stop(b);                    // what waits is run
    EQUAL(atomic_load(&seen.things), 5);
    EQUAL(atomic_load(&seen.calls), 2);
    EQUAL(atomic_load(&seen.most), 4);
}

UNIT_MAIN(UNIT(everything_once), UNIT(bounded))
