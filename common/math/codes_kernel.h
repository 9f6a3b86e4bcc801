// What does the work of codes.h: a kernel for each kind of machine, the fastest first in the table of codes.c. All find the same rows, in the same
// order, with the same values to the bit: sums of whole numbers are exact.
#ifndef MATH_CODES_KERNEL_H
#define MATH_CODES_KERNEL_H

#include "common/math/codes.h"

// Many rows and many queries.
struct codes_task {
    const uint8_t *codes;
    const float *scales;
    size_t rows;              // may end inside a group
    uint32_t first;           // number of the first row
    size_t quads;             // of numbers of a row
    struct codes_query *const *queries;
    size_t n;
    void (*full)(void *context, struct codes_query *query);
    void *context;
    float *values;            // NULL, or (n, stride) where all values go, and nothing to the queries
    size_t stride;
};

struct codes_kernel {
    const char *name;
    bool (*works)(void);      // on this machine
    size_t queries_min, rows_min;  // for fewer the next one is faster
    size_t quads_max;
    void (*run)(const struct codes_task *task);
};

// Ends with NULL.
extern const struct codes_kernel *const codes_kernels[];

extern const struct codes_kernel codes_amx, codes_vnni, codes_avx_vnni, codes_avx2, codes_plain;

static inline void codes_make_room(const struct codes_task *task, struct codes_query *query)
{
    if (query->n > query->room)
        task->full(task->context, query);
}

#endif
