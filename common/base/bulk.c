#define _POSIX_C_SOURCE 200809L
#include "common/base/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"

enum { STEP_BYTES = 1 << 20 };

static int open_file(void)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/millrace.XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0)
        die(EXIT_WORLD, "create a temporary file %s:", quoted_text(path));
    unlink(path);
    return fd;
}

static void *map_file(int fd, size_t bytes)
{
    errno = posix_fallocate(fd, 0, (off_t)bytes);
    if (errno != 0)
        die(EXIT_WORLD, "%zu bytes for a temporary file in TMPDIR:", bytes);
    void *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        die(EXIT_WORLD, "map a temporary file of %zu bytes:", bytes);
    return data;
}

void *bulk_grow(struct bulk *bulk, size_t bytes)
{
    if (bytes <= bulk->capacity && bulk->data != NULL)
        return bulk->data;
    size_t capacity = bytes > 2 * bulk->capacity ? bytes : 2 * bulk->capacity;
    if (bulk->fd == 0 && (bulk->memory_bytes == 0 || capacity <= bulk->memory_bytes)) {
        bulk->data = memory_resize(bulk->data, capacity + 1, 1);
        bulk->capacity = capacity;
        return bulk->data;
    }
    capacity = (bytes + bytes / 4) / STEP_BYTES * STEP_BYTES + STEP_BYTES;
    bool moves = bulk->fd == 0;
    if (moves)
        bulk->fd = open_file() + 1;
    else
        munmap(bulk->data, bulk->capacity);
    void *data = map_file(bulk->fd - 1, capacity);
    if (moves && bulk->data != NULL)
        memcpy(data, bulk->data, bulk->capacity);
    if (moves)
        free(bulk->data);
    bulk->data = data;
    bulk->capacity = capacity;
    return data;
}

void bulk_free(struct bulk *bulk)
{
    if (bulk->fd > 0) {
        munmap(bulk->data, bulk->capacity);
        close(bulk->fd - 1);
    } else {
        free(bulk->data);
    }
    *bulk = (struct bulk){.memory_bytes = bulk->memory_bytes};
}
