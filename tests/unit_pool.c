#include "common/base/pool.h"

#include <stdint.h>

#include "tests/unit.h"

struct work {
    uint64_t seen[1000];
    uint64_t by_worker[8];
};

static void one(void *context, size_t i, size_t worker)
{
    struct work *work = context;
    work->seen[i]++;
    work->by_worker[worker] += i;
}

static void every_iteration_once(size_t threads)
{
    struct pool *pool = pool_new(threads);
    EQUAL(pool_threads(pool), threads == 0 ? 1 : threads);
    struct work work = {0};
    uint64_t wanted = 0;
    for (size_t n = 0; n < 1000; n += 1 + n / 3) {
        pool_run(pool, n, one, &work);
        wanted += n * (n - 1) / 2;
        if (n == 0)
            wanted = 0;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < 8; i++)
        sum += work.by_worker[i];
    CHECK(sum == wanted);
    for (size_t i = 1; i < 1000; i++)
        CHECK(work.seen[i] <= work.seen[i - 1]);
    pool_free(pool);
}

static void one_thread(void) { every_iteration_once(1); }
static void two_threads(void) { every_iteration_once(2); }
static void many_threads(void) { every_iteration_once(8); }
static void no_threads(void) { every_iteration_once(0); }

static void many_short_runs(void)
{
    struct pool *pool = pool_new(3);
    struct work work = {0};
    for (size_t run = 0; run < 3000; run++)
        pool_run(pool, 4, one, &work);
    for (size_t i = 0; i < 4; i++)
        EQUAL(work.seen[i], 3000);
    pool_free(pool);
}

static void begun_and_ended(void)
{
    for (size_t i = 0; i < 50; i++)
        pool_free(pool_new(4));
    pool_free(NULL);
    CHECK(pool_processors() >= 1);
}

UNIT_MAIN(UNIT(one_thread), UNIT(two_threads), UNIT(many_threads), UNIT(no_threads), UNIT(many_short_runs), UNIT(begun_and_ended))
