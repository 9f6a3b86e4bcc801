// The bytes of a stream, a window at a time: objects are looked at where they lie, the bodies of columns are handed on. Used by reader.c only.
//
//     struct window window;
//     window_open(&window, "-");
//     while (window_object(&window, &object, &length)) {        // a header, schema, frame or end record
//         ...
//         window_consume(&window, length);
//         size_t n = window_bin(&window);                    // behind a frame, one for each part of a column
//         const void *bytes = window_body(&window, n, &arena);
//     }
//
// What is consumed is summed up (XXH3), but not of a mapped file. Reading that fails ends the process with exit code 1, an input that ends
// too early or is malformed with 3.
#ifndef STREAM_WINDOW_H
#define STREAM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/stream/pack.h"

struct window {
    const char *name;       // the path, or "<stdin>"
    bool mapped;
    size_t frames;          // of this stream so far, for messages; the reader counts them
    uint64_t consumed;      // bytes
    // The rest is the window's own.
    int fd;
    const char *data;       // (end) bytes at hand; of a map, the whole file
    char *owned;            // NULL if mapped
    size_t capacity, start, end;
    bool at_eof;
    struct XXH3_state_s *hash;   // NULL if mapped
    struct window_buffer {
        char *data;
        size_t capacity;
    } *buffers;             // bodies of the frame that is read
    size_t n_buffers, next_buffer;
};

// Opens the path, "-" for stdin; a terminal is refused with exit code 2.
void window_open(struct window *window, const char *path);

// Maps a regular file. If it is cut while it is used, the process ends with exit code 1.
void window_open_mapped(struct window *window, const char *path);
void window_close(struct window *window);

// Unpacks the next object, which must be a map, without consuming it; its length is set. False at a clean end of input.
bool window_object(struct window *window, msgpack_unpacked *object, size_t *length) __attribute__((warn_unused_result));

void window_consume(struct window *window, size_t n);

// Consumes a filler bin and the head of the bin behind it: the size of that one's body.
size_t window_bin(struct window *window);

// The body: n bytes, consumed. Valid until window_reuse; of a map, as long as the window, where they lie or, if not aligned, in the arena.
const void *window_body(struct window *window, size_t n, struct arena *lasting);

// The buffers of bodies are free for the next frame.
void window_reuse(struct window *window);

// Begins the sum anew; and whether it is this one, which it always is of a map.
void window_sum_anew(struct window *window);
bool window_sum_is(const struct window *window, uint64_t sum);

// End the process with exit code 3, naming the frame.
_Noreturn void window_bad(const struct window *window, const char *what);
_Noreturn void window_truncated(const struct window *window);

#endif
