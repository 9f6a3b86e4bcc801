// One generation counter wakes the workers; iterations are taken from an atomic counter. Workers spin for a moment
// before they sleep: in training the next loop comes within microseconds.
#define _GNU_SOURCE  // sched_getaffinity
#include "common/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"

enum { SPINS = 2000, STACK_BYTES = 2 << 20 };

struct pool {
    size_t threads;
    pthread_t *ids;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    atomic_size_t generation;
    atomic_size_t next;
    atomic_size_t busy;
    size_t iterations;
    void (*body)(void *, size_t, size_t);
    void *context;
    atomic_bool ending;
};

struct worker {
    struct pool *pool;
    size_t number;
};

static inline void relax(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#endif
}

static void share(struct pool *pool, size_t worker)
{
    for (;;) {
        size_t i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (i >= pool->iterations)
            return;
        pool->body(pool->context, i, worker);
    }
}

static void *work(void *argument)
{
    struct worker worker = *(struct worker *)argument;
    struct pool *pool = worker.pool;
    free(argument);

    for (size_t seen = 0;;) {
        for (int spin = 0; spin < SPINS && atomic_load(&pool->generation) == seen; spin++)
            relax();
        pthread_mutex_lock(&pool->lock);
        while (atomic_load(&pool->generation) == seen)
            pthread_cond_wait(&pool->wake, &pool->lock);
        pthread_mutex_unlock(&pool->lock);
        seen++;
        if (atomic_load(&pool->ending))
            return NULL;
        share(pool, worker.number);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

struct pool *pool_new(size_t threads)
{
    struct pool *pool = memory_zeros(1, sizeof *pool);
    pool->threads = threads < 1 ? 1 : threads;
    pool->ids = memory_zeros(pool->threads, sizeof *pool->ids);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pthread_attr_t attributes;  // the usual 8 MiB a stack would fill --memory on a machine with many processors
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (size_t i = 1; i < pool->threads; i++) {
        struct worker *worker = memory_zeros(1, sizeof *worker);
        *worker = (struct worker){pool, i};
        if (pthread_create(&pool->ids[i], &attributes, work, worker) != 0)
            die(EXIT_WORLD, "cannot start thread %zu of %zu", i, pool->threads);
    }
    pthread_attr_destroy(&attributes);
    return pool;
}

static void begin(struct pool *pool)
{
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->threads - 1);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->ending, true);
    begin(pool);
    for (size_t i = 1; i < pool->threads; i++)
        pthread_join(pool->ids[i], NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    free(pool->ids);
    free(pool);
}

size_t pool_threads(const struct pool *pool)
{
    return pool->threads;
}

void pool_run(struct pool *pool, size_t iterations, void (*body)(void *context, size_t i, size_t worker), void *context)
{
    if (pool->threads == 1 || iterations <= 1) {
        for (size_t i = 0; i < iterations; i++)
            body(context, i, 0);
        return;
    }
    pool->iterations = iterations;
    pool->body = body;
    pool->context = context;
    begin(pool);
    share(pool, 0);
    for (int spin = 0; spin < SPINS && atomic_load(&pool->busy) != 0; spin++)
        relax();
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy) != 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

size_t pool_processors(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (size_t)CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (size_t)n;
}
