// A bounded queue between those who receive requests and a few workers that answer them, several at a time.
//
//     struct batcher *b = batcher_new(&(struct batcher_options){.threads = 2, .batch = 64, .wait_us = 500, .queue = 1024, .run = run});
//     if (!batcher_put(b, ticket)) ...                   // full: say so at once
//     batcher_stop(b);                                   // when nothing more is put: what is queued is run first
//
// A worker takes what waits, up to a batch. If that is less than it had the last time, it waits a moment for the rest: clients that ask again as
// soon as they are answered come together once more, and a single one never waits.
#ifndef SERVE_BATCHER_H
#define SERVE_BATCHER_H

#include <stdbool.h>
#include <stddef.h>

struct batcher_options {
    size_t threads, batch, wait_us, queue;
    // Called by worker `worker` with (n) things of the queue, 0 < n <= batch.
    void (*run)(void *context, size_t worker, void **things, size_t n);
    void *context;
};

struct batcher *batcher_new(const struct batcher_options *options) __attribute__((warn_unused_result));

// False if the queue is full.
bool batcher_put(struct batcher *batcher, void *thing) __attribute__((warn_unused_result));

size_t batcher_waiting(struct batcher *batcher);
void batcher_stop(struct batcher *batcher);

#endif
