// Sorting of 64-bit keys, in linear time.
//
//     sort_keys(keys, rows, n);                    // rows[i] moves with keys[i]
//
// Rising by key; equal keys keep their order. Bits in which no two keys differ cost next to nothing.
//
//   keys    (n)
//   values  (n) or NULL
//
// Time n a differing group of 11 bits: about 1.5 ns each on a 3 GHz machine. Memory: a second copy of both while it runs.
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

void sort_keys(uint64_t *keys, uint32_t *values, size_t n);

#endif
