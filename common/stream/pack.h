// msgpack, with every claim bounded before it is believed. Used by reader and writer only.
//
// The unpacker of msgpack-c reserves memory for as many elements as an array claims to have, and five bytes can claim
// 4 billion. So an object is first measured: walked without allocating, each element counted against the bytes there are.
#ifndef STREAM_PACK_H
#define STREAM_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <msgpack.h>

enum {
    PACK_MAP_BYTES_MAX = 4 << 20,  // header, schema, frame, end: the msgpack maps of a stream
    PACK_BIN_BYTES_MAX = (1 << 30) - 1,
    PACK_DEPTH_MAX = 30,           // of objects in objects; msgpack-c stops at 32
};

enum pack_measure { PACK_WHOLE, PACK_MORE, PACK_BAD };

// How far a walk has come; start from {0}. It goes on where it stopped, so many small reads cost no more than a large one.
struct pack_walk {
    uint64_t at;                    // bytes walked over
    uint64_t pending;               // objects still to come, of those that hold objects
    size_t depth;
    uint64_t left[PACK_DEPTH_MAX];  // the same for each object that is open; the whole is one of depth 1
};

// Measures the object at `data`, of which n bytes are at hand. walk->at is its length if PACK_WHOLE.
// PACK_MORE: it goes on past the bytes at hand. PACK_BAD: no msgpack, too deep, or claims more than PACK_MAP_BYTES_MAX.
enum pack_measure pack_measure(struct pack_walk *walk, const char *data, size_t n);

// The value of a key of a map; NULL if it is not there, or twice.
const msgpack_object *pack_get(const msgpack_object *map, const char *key);

bool pack_is(const msgpack_object *object, const char *text);

// The head of a `bin` object: 2, 3 or 5 bytes, then *size bytes follow. PACK_BAD if it is no bin.
enum pack_measure pack_bin(const char *data, size_t n, size_t *head, size_t *size);

#endif
