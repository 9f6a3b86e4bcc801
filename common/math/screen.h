// Exact top-k as topk_search (topk.h) gives it, through bytes (codes.h): every row is screened by an upper bound of its
// product, and the few that may belong into a list are scored in floats.
//
//     if (!screen_search(vectors, queries, n, blocks, n_blocks, codes, n_codes, &by, k, pool, &scratch))
//         topk_search(...);
#ifndef MATH_SCREEN_H
#define MATH_SCREEN_H

#include "common/math/topk.h"

// Groups of CODES_ROWS consecutive rows; the first of a block follows the last of the block before it.
struct screen_block {
    const uint8_t *codes;  // (groups, codes_group_bytes)
    const float *scales;   // (groups, CODES_ROWS)
    const float *errors;   // (groups, 2)
    size_t groups;
};

// False, and nothing done, where this machine or these queries are better served by topk_search: without the instructions, with few
// rows, with a large k, or with numbers out of all bounds.
//   codes  (n_codes) of the rows of all blocks; the last group may have fewer rows
bool screen_search(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                  const struct screen_block *codes, size_t n_codes, const struct scoring *by, size_t k, struct pool *pool, struct arena *scratch)
    __attribute__((warn_unused_result));

#endif
