// Vectors as bytes, many rows compared with a few queries at once: what is worth a second look is found with a quarter of the
// memory and a quarter of the arithmetic of floats.
//
//     codes_encode(vectors, rows, dim, codes, scales, errors);            // a group of CODES_ROWS rows
//     if (codes_query_set(&query, vector, dim))
//         codes_scan(codes, scales, rows, first, dim, queries, n, full, context);     // queries[i]->rows, values
//
// A vector is x = scale (c + e) with whole numbers c from -127 to 127, |e| <= 1/2 and scale = max |x| / 127. What is computed is the product
// of the whole numbers times the row's scale, the `value`; times the query's scale it is nearly the product of the vectors. It
// misses it by at most |q| |e_x| + |e_q| |c_x| (Cauchy and Schwarz), in units of the scales: with that added, codes_query_bound, a value is never
// too low, so that nothing which belongs into an exact result is passed over.
#ifndef MATH_CODES_H
#define MATH_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODES_ROWS = 16, CODES_ROOM = 4 * CODES_ROWS };

// Bytes of a group: (quads, CODES_ROWS, 4) of c + 128; quads of numbers, the last one padded with zeros, 128.
size_t codes_group_bytes(size_t dim);

// Numbers of a query, padded.
size_t codes_query_numbers(size_t dim);

//   rows    at most CODES_ROWS; those that are missing become zeros
//   codes   (codes_group_bytes) out
//   scales  (CODES_ROWS) out; NaN for a vector whose numbers are too large or too small for this, or for an upper bound: it is always found
//   errors  (2) out: the largest |e| and |c| of the group's rows; NULL if not wanted
void codes_encode(const float *vectors, size_t rows, size_t dim, uint8_t *codes, float *scales, float *errors);

struct codes_query {
    int8_t *numbers;          // (codes_query_numbers)
    float scale;
    float rest, length;       // of e and of c + e, for codes_query_bound
    int32_t base, start;
    float floor;              // rows of a lower value are passed over
    uint32_t *rows;           // (room + CODES_ROOM) out: the others, as they come
    float *values;            // (room + CODES_ROOM) out
    size_t n, room;           // n: 0 at first
};

// Sets numbers and scale; false if the query's numbers are too large or too small for this.
bool codes_query_set(struct codes_query *query, const float *vector, size_t dim) __attribute__((warn_unused_result));

// Whether its numbers are not too small for an upper bound: products that are hardly floats are rounded more than it allows for.
bool codes_query_is_bounded(const struct codes_query *query);

// From here on values are upper bounds, for rows whose errors are at most these.
void codes_query_bound(struct codes_query *query, const float errors[2]);

// Whether this machine has instructions for it; without them codes_scan is slower than floats. (The kernels: codes_kernel.h.)
bool codes_fast(void);

// Adds to each query the rows that are not below its floor, and calls full(context, query) when there are more than `room`: it must take
// some away, may raise the floor, and may not call what is here.
//   rows   may end inside a group
//   first  row number of the first row
void codes_scan(const uint8_t *codes, const float *scales, size_t rows, uint32_t first, size_t dim,
                struct codes_query *const *queries, size_t n, void (*full)(void *context, struct codes_query *query), void *context);

// All values: (n, stride) out, stride at least `rows` rounded up to groups.
void codes_values(const uint8_t *codes, const float *scales, size_t rows, size_t dim, struct codes_query *const *queries, size_t n, float *values,
                  size_t stride);

#endif
