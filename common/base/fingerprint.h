// FarmHash Fingerprint64: the hash by which Keras and TensorFlow spread strings over buckets.
//
//     uint32_t bucket = (uint32_t)(fingerprint(term, length) % buckets);
//
// The same number as tf.fingerprint and tf.strings.to_hash_bucket_fast use, on every machine and for ever. Not for hash
// tables that strangers fill: it has no seed.
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

uint64_t fingerprint(const void *bytes, size_t length);

// Two fingerprints as one, in this order: TensorFlow's FingerprintCat64, by which tf.sparse.cross_hashed folds columns.
uint64_t fingerprint_join(uint64_t first, uint64_t second);

#endif
