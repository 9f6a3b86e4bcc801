// SipHash-2-4: the keyed hash by which Keras and TensorFlow spread strings over buckets under a salt.
//
//     uint32_t bucket = (uint32_t)(siphash((uint64_t[2]){3, 7}, term, length) % buckets);
//
// The same number as tf.strings.to_hash_bucket_strong uses, on every machine. Source: Aumasson and Bernstein, "SipHash: a fast
// short-input PRF", 2012.
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t length);

#endif
