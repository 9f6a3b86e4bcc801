// A few threads that share the iterations of a loop.
//
//     static void one_tile(void *context, size_t tile, size_t worker);
//     struct pool *pool = pool_new(threads);
//     pool_run(pool, tiles, one_tile, &context);       // returns when every tile is done
//
// Iterations are handed out in order to whichever worker is free, so a result must not depend on `worker` except
// as the index of a scratch buffer, or bytes would differ from run to run. The caller is worker 0. A pool of one runs
// the loop in place. A body must not call pool_run of its own pool.
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

enum { POOL_THREADS_MAX = 128 };  // the buffers that OpenBLAS is sure to have: see math/matrix.h

//   threads  1 to POOL_THREADS_MAX
struct pool *pool_new(size_t threads) __attribute__((warn_unused_result));
void pool_free(struct pool *pool);
size_t pool_threads(const struct pool *pool);
void pool_run(struct pool *pool, size_t iterations, void (*body)(void *context, size_t i, size_t worker), void *context);

// Processors this process may use: the default of --threads.
size_t pool_processors(void);

#endif
