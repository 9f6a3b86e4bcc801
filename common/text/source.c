#define _POSIX_C_SOURCE 200809L  // O_CLOEXEC
#include "common/text/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"

struct source {
    const char *name;
    int fd;
    bool latin1, begun;
};

struct source *source_open(const char *path, bool latin1)
{
    struct source *source = memory_zeros(1, sizeof *source);
    bool from_stdin = strcmp(path, "-") == 0;
    source->name = from_stdin ? "<stdin>" : path;
    source->latin1 = latin1;
    source->fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        die(EXIT_WORLD, "open %s:", path);
    return source;
}

static size_t read_some(struct source *source, char *into, size_t n)
{
    for (;;) {
        ssize_t got = read(source->fd, into, n);
        if (got >= 0)
            return (size_t)got;
        if (errno != EINTR)
            die(EXIT_WORLD, "read %s:", source->name);
    }
}

// n bytes of Latin-1 at the end of a buffer of 2 n, made UTF-8 from its beginning on. What is written never overtakes what is read.
static size_t widen(char *into, const char *from, size_t n)
{
    char *out = into;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from[i];
        if (c < 0x80) {
            *out++ = (char)c;
        } else {
            *out++ = (char)(0xc0 | c >> 6);
            *out++ = (char)(0x80 | (c & 0x3f));
        }
    }
    return (size_t)(out - into);
}

size_t source_read(struct source *source, char *into, size_t n)
{
    if (source->latin1) {
        char *from = into + n - n / 2;
        return widen(into, from, read_some(source, from, n / 2));
    }
    size_t length = read_some(source, into, n);
    if (source->begun)
        return length;
    source->begun = true;
    while (length > 0 && length < 3) {
        size_t more = read_some(source, into + length, n - length);
        length += more;
        if (more == 0)
            break;
    }
    if (length < 3 || memcmp(into, "\xef\xbb\xbf", 3) != 0)
        return length;
    memmove(into, into + 3, length - 3);
    return length > 3 ? length - 3 : read_some(source, into, n);
}

const char *source_name(const struct source *source)
{
    return source->name;
}

void source_close(struct source *source)
{
    if (source->fd != STDIN_FILENO)
        close(source->fd);
    free(source);
}
