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

enum pack_measure { PACK_WHOLE, PACK_MORE, PACK_BAD };

// Measures the object at `data`.
//   n          bytes at hand
//   bytes_max  what the whole object may take
//   length     out: its length if PACK_WHOLE
// PACK_MORE: it goes on past the bytes at hand. PACK_BAD: no msgpack, or claims more than bytes_max.
enum pack_measure pack_measure(const char *data, size_t n, size_t bytes_max, size_t *length);

// The value of a key of a map, or NULL.
const msgpack_object *pack_get(const msgpack_object *map, const char *key);

bool pack_is(const msgpack_object *object, const char *text);

// The head of a `bin` object: 2, 3 or 5 bytes, then *size bytes follow. PACK_BAD if it is no bin.
enum pack_measure pack_bin(const char *data, size_t n, size_t *head, size_t *size);

#endif
