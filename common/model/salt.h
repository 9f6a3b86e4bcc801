// The hash that a call asks for: FarmHash Fingerprint64, or SipHash-2-4 keyed with its salt, as Keras' Hashing.
#ifndef MODEL_SALT_H
#define MODEL_SALT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/call.h"

struct salt {
    bool given;
    uint64_t key[2];
};

// The argument salt: one number s, which means (s, s), or two: salt=(3, 7). Dies with exit code 3 and the place if it is neither.
struct salt salt_of(const struct call *call);

uint64_t salt_hash(const struct salt *salt, const void *bytes, size_t length);

#endif
