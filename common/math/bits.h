// Sets of rows, a bit a row: row i in bit i % 64 of word i / 64.
//
//     size_t n = bits_count(allowed, rows);
#ifndef MATH_BITS_H
#define MATH_BITS_H

#include <stddef.h>
#include <stdint.h>

// How many of the first n rows are in the set. Bits behind them may be anything.
size_t bits_count(const uint64_t *bits, size_t n);

#endif
