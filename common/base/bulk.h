// One large array that grows: in memory up to a limit, and then in an unlinked temporary file that is mapped, whose pages the system
// takes back when memory is short.
//
//     struct bulk bulk = {.memory_bytes = stage.memory_bytes / 2};
//     float *x = bulk_grow(&bulk, n * sizeof *x);     // moved or not; what it held is kept
//     bulk_free(&bulk);
//
// The file is made in $TMPDIR or /tmp. Failing ends the process with exit code 1.
#ifndef BASE_BULK_H
#define BASE_BULK_H

#include <stddef.h>

struct bulk {
    void *data;
    size_t capacity;         // bytes
    size_t memory_bytes;     // 0: no limit
    int fd;                  // of the file plus 1; 0: in memory
};

void *bulk_grow(struct bulk *bulk, size_t bytes) __attribute__((warn_unused_result));
void bulk_free(struct bulk *bulk);

#endif
