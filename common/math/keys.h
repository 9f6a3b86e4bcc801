// The largest of many 64-bit keys, and keys in order: what selection and sorting of scores come down to.
//
//     keys_keep(keys, n, 10);     // the ten largest come first, in any order but that keys[9] is the smallest of them
//     keys_sort(keys, 10);        // largest first
//
// Equal keys are allowed but slow (quadratic in their number): make keys distinct by a row number in the low bits.
#ifndef MATH_KEYS_H
#define MATH_KEYS_H

#include <stddef.h>
#include <stdint.h>

// Needs 1 <= k <= n. Expected time n, whatever the order they came in.
void keys_keep(uint64_t *keys, size_t n, size_t k);

// Expected time n log n.
void keys_sort(uint64_t *keys, size_t n);

#endif
