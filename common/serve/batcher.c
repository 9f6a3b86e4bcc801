#define _POSIX_C_SOURCE 200809L
#include "common/serve/batcher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/die.h"

struct batcher {
    struct batcher_options options;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void **ring;                       // (options.queue) from `first`, n of them
    size_t first, n, idle;             // idle: workers that sleep until something comes
    bool ending;
    pthread_t *threads;
};

struct worker {
    struct batcher *batcher;
    size_t number;
};

static struct timespec after_us(size_t us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    size_t ns = (size_t)t.tv_nsec + us * 1000;
    return (struct timespec){.tv_sec = t.tv_sec + (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

// Waits for something and then, for a moment, for as much as the last time. 0: it is over.
static size_t take(struct batcher *b, void **things, size_t last)
{
    pthread_mutex_lock(&b->lock);
    while (b->n == 0 && !b->ending) {
        b->idle++;
        pthread_cond_wait(&b->wake, &b->lock);
        b->idle--;
    }
    size_t wanted = last < b->options.batch ? last : b->options.batch;
    if (b->n > 0 && b->n < wanted && b->options.wait_us > 0 && !b->ending) {
        struct timespec until = after_us(b->options.wait_us);
        while (b->n < wanted && !b->ending && pthread_cond_timedwait(&b->wake, &b->lock, &until) == 0)
            continue;
    }
    size_t n = b->n < b->options.batch ? b->n : b->options.batch;
    for (size_t i = 0; i < n; i++)
        things[i] = b->ring[(b->first + i) % b->options.queue];
    b->first = (b->first + n) % b->options.queue;
    b->n -= n;
    bool more = b->n > 0;
    bool over = n == 0 && b->ending;
    pthread_mutex_unlock(&b->lock);
    if (more)
        pthread_cond_signal(&b->wake);
    return over ? 0 : n;
}

static void *work(void *argument)
{
    struct worker worker = *(struct worker *)argument;
    struct batcher *b = worker.batcher;
    free(argument);
    void **things = memory_resize(NULL, b->options.batch, sizeof *things);
    size_t last = 1;
    for (;;) {
        size_t n = take(b, things, last);
        pthread_mutex_lock(&b->lock);
        bool over = n == 0 && b->ending && b->n == 0;
        pthread_mutex_unlock(&b->lock);
        if (over)
            break;
        if (n == 0)
            continue;  // another worker took it while this one waited
        b->options.run(b->options.context, worker.number, things, n);
        last = n;
    }
    free(things);
    return NULL;
}

struct batcher *batcher_new(const struct batcher_options *options)
{
    struct batcher *b = memory_zeros(1, sizeof *b);
    b->options = *options;
    b->ring = memory_resize(NULL, options->queue, sizeof *b->ring);
    b->threads = memory_zeros(options->threads, sizeof *b->threads);
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < options->threads; i++) {
        struct worker *worker = memory_zeros(1, sizeof *worker);
        *worker = (struct worker){b, i};
        if (pthread_create(&b->threads[i], NULL, work, worker) != 0)
            die(EXIT_WORLD, "cannot start thread %zu of %zu", i + 1, options->threads);
    }
    return b;
}

bool batcher_put(struct batcher *b, void *thing)
{
    pthread_mutex_lock(&b->lock);
    bool room = b->n < b->options.queue;
    if (room)
        b->ring[(b->first + b->n++) % b->options.queue] = thing;
    pthread_mutex_unlock(&b->lock);
    if (room)
        pthread_cond_signal(&b->wake);
    return room;
}

size_t batcher_waiting(struct batcher *b)
{
    pthread_mutex_lock(&b->lock);
    size_t n = b->n;
    pthread_mutex_unlock(&b->lock);
    return n;
}

void batcher_stop(struct batcher *b)
{
    pthread_mutex_lock(&b->lock);
    b->ending = true;
    pthread_cond_broadcast(&b->wake);
    pthread_mutex_unlock(&b->lock);
    for (size_t i = 0; i < b->options.threads; i++)
        pthread_join(b->threads[i], NULL);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->wake);
    free(b->threads);
    free(b->ring);
    free(b);
}
