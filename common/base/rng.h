// Random numbers that are the same everywhere: functions of a seed and a position, with no hidden state.
//
// The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied to seed and position in turn.
// Being stateless, it gives row 17 the same number whether one thread draws it or eight, and whatever came before.
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t rng_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// 64 random bits for position (a, b) under a seed.
static inline uint64_t rng_bits(uint64_t seed, uint64_t a, uint64_t b)
{
    return rng_mix(rng_mix(rng_mix(seed) ^ a) ^ b);
}

// FNV-1a 64 of some bytes, continued from `hash`; begin with FNV_START. For positions that are names.
#define FNV_START 0xcbf29ce484222325u
static inline uint64_t rng_fnv(uint64_t hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

// Random bits as a number in [0, 1), 53 bits of it.
static inline double rng_unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

// Random bits as a number in [0, n), n > 0; the bias is below n / 2^64.
static inline uint64_t rng_below(uint64_t bits, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)bits * n) >> 64);
}

#endif
