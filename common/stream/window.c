// For a pipe a buffer that is refilled, for a mapped file the file itself. Small objects (maps) are parsed in the window by msgpack-c once
// measured; the bodies of columns are read past the window straight into buffers that are reused from frame to frame, so a column is copied
// once, and not at all from a map.
#define _GNU_SOURCE  // F_SETPIPE_SZ
#include "common/stream/window.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"

enum {
    WINDOW_BYTES = 256 << 10,
    PIPE_BYTES = 1 << 20,
    GROWTH_BYTES = 4 << 20,              // a claimed size is believed only so far ahead of the bytes that came
};

_Noreturn void window_bad(const struct window *w, const char *what)
{
    die(EXIT_INPUT, "%s: frame %zu: %s", w->name, w->frames, what);
}

// The end of a message about a standard input that has nothing.
static const char *instead(const struct window *w)
{
    static _Thread_local char text[200];
    bool known = w->fd == STDIN_FILENO && stage.instead != NULL;
    snprintf(text, sizeof text, "%s%s", known ? "; give " : "", known ? stage.instead : "");
    return text;
}

// A stage that ends well writes a header at least. One that fails says why itself, so a pipe without a byte is no news.
static _Noreturn void nothing_came(const struct window *w)
{
    struct stat status;
    bool pipe = fstat(w->fd, &status) == 0 && S_ISFIFO(status.st_mode);
    const char *found = pipe ? "no input: the stage before it failed or wrote nothing" : "empty input: no millrace stream";
    die(EXIT_INPUT, "%s: %s%s", w->name, found, instead(w));
}

_Noreturn void window_truncated(const struct window *w)
{
    if (w->consumed == 0 && w->end == w->start)
        nothing_came(w);
    die(EXIT_INPUT, "%s: truncated after %zu frames: no end record", w->name, w->frames);
}

static size_t read_some(const struct window *w, void *into, size_t n)
{
    for (;;) {
        ssize_t got = read(w->fd, into, n);
        if (got >= 0)
            return (size_t)got;
        if (errno != EINTR)
            die(EXIT_WORLD, "read %s:", w->name);
    }
}

// Gets more bytes into the window, which grows up to what the largest map may take; false at the end of the input.
static bool fill(struct window *w)
{
    if (w->at_eof)
        return false;
    size_t have = w->end - w->start;
    if (w->start > 0)
        memmove(w->owned, w->owned + w->start, have);
    if (w->capacity - have < WINDOW_BYTES / 2) {
        w->capacity *= 2;
        w->owned = memory_resize(w->owned, w->capacity, 1);
        w->data = w->owned;
    }
    w->start = 0;
    w->end = have + read_some(w, w->owned + have, w->capacity - have);
    w->at_eof = w->end == have;
    return !w->at_eof;
}

void window_consume(struct window *w, size_t n)
{
    if (w->hash != NULL)
        XXH3_64bits_update(w->hash, w->data + w->start, n);
    w->start += n;
    w->consumed += n;
}

static void begin(struct window *w, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *w = (struct window){.name = is_stdin ? "<stdin>" : path};
    w->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0)
        die(EXIT_WORLD, "open %s:", path);
}

void window_open(struct window *w, const char *path)
{
    begin(w, path);
    if (isatty(w->fd))
        die_usage("%s is a terminal: wanted a stream from a file or a pipe%s", w->name, instead(w));
#ifdef F_SETPIPE_SZ
    fcntl(w->fd, F_SETPIPE_SZ, PIPE_BYTES);  // a wish: fails on a file, or where pipes are limited
#endif
    w->capacity = WINDOW_BYTES;
    w->data = w->owned = memory_resize(NULL, WINDOW_BYTES, 1);
    w->hash = XXH3_createState();
    if (w->hash == NULL)
        die(EXIT_WORLD, "out of memory");
    XXH3_64bits_reset(w->hash);
}

// A mapped file that is cut by somebody while it is used: the one way to tell is this signal.
static void cut_short(int number)
{
    (void)number;
    output_abandon();
    die_in_handler(EXIT_WORLD, "a mapped file was cut short while it was in use");
}

void window_open_mapped(struct window *w, const char *path)
{
    struct stat status;
    begin(w, path);
    if (fstat(w->fd, &status) != 0)
        die(EXIT_WORLD, "stat %s:", w->name);
    if (!S_ISREG(status.st_mode))
        die(EXIT_USAGE, "%s: wanted a regular file, to be mapped", w->name);
    w->mapped = w->at_eof = true;
    w->end = (size_t)status.st_size;
    if (w->end == 0)
        window_truncated(w);
    signal(SIGBUS, cut_short);
    w->data = mmap(NULL, w->end, PROT_READ, MAP_PRIVATE, w->fd, 0);
    if (w->data == MAP_FAILED)
        die(EXIT_WORLD, "map %s:", w->name);
}

bool window_object(struct window *w, msgpack_unpacked *object, size_t *length)
{
    struct pack_walk walk = {0};
    enum pack_measure measured;
    while ((measured = pack_measure(&walk, w->data + w->start, w->end - w->start)) == PACK_MORE) {
        if (!fill(w)) {
            if (w->end == w->start)
                return false;
            window_truncated(w);
        }
    }
    const char *at = w->data + w->start;
    size_t offset = 0;
    unsigned char tag = (unsigned char)at[0];
    bool is_map = measured == PACK_WHOLE && ((tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf);
    if (w->consumed == 0 && !is_map)
        die(EXIT_INPUT, "%s: not a millrace stream: it begins with %s", w->name,
            quoted(at, w->end - w->start < 16 ? w->end - w->start : 16));
    if (!is_map)
        window_bad(w, "corrupt: wanted a header, schema, frame or end record");
    *length = (size_t)walk.at;
    msgpack_unpacked_init(object);
    msgpack_unpack_return result = msgpack_unpack_next(object, at, *length, &offset);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR)
        die(EXIT_WORLD, "out of memory");
    if (result != MSGPACK_UNPACK_SUCCESS || offset != *length)
        window_bad(w, "corrupt: malformed msgpack");
    return true;
}

// Body bytes of a bin into a buffer that grows as the bytes really come. Not for a map.
static const char *read_body(struct window *w, size_t n)
{
    if (w->next_buffer == w->n_buffers) {
        size_t capacity = w->n_buffers;
        w->buffers = memory_grow(w->buffers, &capacity, w->n_buffers + 1, sizeof *w->buffers);
        memset(w->buffers + w->n_buffers, 0, (capacity - w->n_buffers) * sizeof *w->buffers);
        w->n_buffers = capacity;
    }
    struct window_buffer *buffer = &w->buffers[w->next_buffer++];
    for (size_t have = 0; have < n || buffer->data == NULL;) {
        size_t step = n - have < GROWTH_BYTES + have ? n - have : GROWTH_BYTES + have;
        if (buffer->capacity < have + step || buffer->data == NULL) {
            char *larger = memory_aligned(have + step, 1);
            if (have > 0)
                memcpy(larger, buffer->data, have);
            free(buffer->data);
            *buffer = (struct window_buffer){larger, have + step};
        }
        size_t at_hand = w->end - w->start < step ? w->end - w->start : step;
        memcpy(buffer->data + have, w->data + w->start, at_hand);
        window_consume(w, at_hand);
        for (size_t end = have + step; (have += at_hand) < end;) {
            at_hand = read_some(w, buffer->data + have, end - have);
            if (at_hand == 0)
                window_truncated(w);
            XXH3_64bits_update(w->hash, buffer->data + have, at_hand);
            w->consumed += at_hand;
        }
    }
    return buffer->data;
}

// The head of the next bin: its size. Consumed.
static size_t bin_head(struct window *w)
{
    size_t head, size;
    enum pack_measure measured;
    while ((measured = pack_bin(w->data + w->start, w->end - w->start, &head, &size)) == PACK_MORE)
        if (!fill(w))
            window_truncated(w);
    if (measured == PACK_BAD)
        window_bad(w, "corrupt: wanted a column's bin");
    if (size > PACK_BIN_BYTES_MAX)
        window_bad(w, "corrupt: a bin of 1 GiB or more");
    window_consume(w, head);
    return size;
}

size_t window_bin(struct window *w)
{
    size_t filler = bin_head(w);
    if (filler >= 64)
        window_bad(w, "corrupt: a filler of 64 bytes or more");
    while (w->end - w->start < filler)
        if (!fill(w))
            window_truncated(w);
    window_consume(w, filler);
    return bin_head(w);
}

const void *window_body(struct window *w, size_t n, struct arena *lasting)
{
    if (!w->mapped)
        return read_body(w, n);
    if (w->end - w->start < n)
        window_truncated(w);
    const char *at = w->data + w->start;
    window_consume(w, n);
    if ((uintptr_t)at % 8 == 0)
        return at;
    void *copy = arena_array(lasting, n, 1);  // unaligned in the file: a map's frames stay valid, so copies do too
    memcpy(copy, at, n);
    return copy;
}

void window_reuse(struct window *w)
{
    w->next_buffer = 0;
}

void window_sum_anew(struct window *w)
{
    if (w->hash != NULL)
        XXH3_64bits_reset(w->hash);
}

bool window_sum_is(const struct window *w, uint64_t sum)
{
    return w->hash == NULL || XXH3_64bits_digest(w->hash) == sum;
}

void window_close(struct window *w)
{
    if (w->mapped)
        munmap((void *)(uintptr_t)w->data, w->end);
    if (w->fd != STDIN_FILENO)
        close(w->fd);
    for (size_t i = 0; i < w->n_buffers; i++)
        free(w->buffers[i].data);
    free(w->buffers);
    free(w->owned);
    if (w->hash != NULL)
        XXH3_freeState(w->hash);
}
