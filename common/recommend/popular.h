// What to recommend to somebody of whom nothing is known: what was taken most often.
//
//     struct popular popular = popular_new(r->candidates, &arena);
//     popular_list(&popular, r->index, &list, k, &arena);
#ifndef RECOMMEND_POPULAR_H
#define RECOMMEND_POPULAR_H

#include "common/index/index.h"
#include "common/stream/held.h"

struct popular {
    uint32_t *rows;    // (n) of the candidates, by how often they were taken, falling; ties by row
    uint32_t *counts;  // (n) and how often, by row: their column `count`, 0 without it
    size_t n;
};

// In the arena. Time n log n at worst.
struct popular popular_new(const struct held *candidates, struct arena *arena);

//   list  `allowed` is set or nothing; out: the first k that are allowed and in the index, in the arena, their counts as scores
void popular_list(const struct popular *popular, const struct index *index, struct topk_query *list, size_t k, struct arena *arena);

#endif
