// Vectors at three bytes a number: 24-bit whole numbers that share a power of two, so nearly as exact as floats.
//
//     packed_encode(vectors, rows, dim, packed, scales);
//     float score = packed_dot(query, packed + row * PACKED_BYTES * dim, scales[row], dim);
//
// A vector is x = scale * m, m whole numbers below 2^23 in size, scale a power of two: numbers with 22 bits after the first one of the largest
// are exact, so whole numbers below four million are. A row is (dim) i16, m / 256 rounded down, then (dim) u8, what is left; little-endian.
#ifndef MATH_PACKED_H
#define MATH_PACKED_H

#include <stddef.h>
#include <stdint.h>

enum { PACKED_BYTES = 3 };

//   vectors  (rows, dim) finite
//   packed   (rows, PACKED_BYTES dim) out
//   scales   (rows) out
void packed_encode(const float *vectors, size_t rows, size_t dim, uint8_t *packed, float *scales);

void packed_decode(const uint8_t *packed, const float *scales, size_t rows, size_t dim, float *vectors);

// The inner product with one row.
float packed_dot(const float *query, const uint8_t *row, float scale, size_t dim);

// Minus the square of the distance of the first n of the dim numbers.
float packed_near(const float *query, const uint8_t *row, float scale, size_t dim, size_t n);

#endif
