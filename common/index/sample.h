// Vectors to measure recall by: some thousands, drawn from all that come, each as likely as any other.
//
//     struct sample sample = {.seed = 42};
//     while (reader_next(in, &frame)) if (is_table(&frame, "users")) sample_take(&sample, &frame);
//     sample_use(&sample, index);                 // before index_end
//
// Holds 4,096 of them.
#ifndef INDEX_SAMPLE_H
#define INDEX_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/index/index.h"

struct sample {
    uint64_t seed;
    float *vectors;           // (n, dim)
    size_t dim, n, seen, capacity;
};

// Takes the vectors of a frame's column `vector`; does nothing if it has none.
void sample_take(struct sample *sample, const struct frame *frame);

// Lends them to the index as its queries, unless they are of another width. Of several heads, each is a query.
void sample_use(const struct sample *sample, struct index *index);

#endif
