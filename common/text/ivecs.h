// Lists of row numbers from an .ivecs file, as benchmarks of nearest neighbours keep them: each a 32-bit length, the same in all, and so many i32,
// little-endian.
//
//     struct ivecs truth = ivecs_read("truth.ivecs");
//     int32_t nearest = truth.values[query * truth.length];
//     free(truth.values);
//
// Anything else ends the process with exit code 3, failing to read with 1.
#ifndef TEXT_IVECS_H
#define TEXT_IVECS_H

#include <stddef.h>
#include <stdint.h>

struct ivecs {
    size_t rows, length;
    int32_t *values;         // (rows, length) owned
};

struct ivecs ivecs_read(const char *path) __attribute__((warn_unused_result));

#endif
