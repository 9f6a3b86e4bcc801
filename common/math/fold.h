// A wide model folded into few dimensions: the best rank-k approximation of the scores it gives, as two tables.
//
//     struct fold fold = {.users = n, .items = m, .dim = 256, .user = u, .item = v, .lists = lists, .taken = taken, .k = 64, .passes = 6};
//     fold_run(&fold, pool, users64, items64);             // users64 . items64 is close to the standardised u . v
//
// What is approximated is the matrix A of standardised scores: each user's row of u . v has its mean taken off and is divided
// by its deviation, since only the order within a row matters. If there are item weights, `blend` times the standardised rows of
// X `similar` is added, X being who took what: two models of unlike kinds in one space. Columns are weighted by `column`
// before and divided by it after, so that the approximation spends its rank where it counts.
//
// Source: subspace iteration for the truncated SVD (Halko, Martinsson, Tropp 2011, algorithm 4.4). A is kept if it fits
// into memory_bytes; else each pass makes its rows again, a tile at a time. Time users * items * (dim + passes * 4 k) * 2, or with dim
// in every pass; memory items * (k + 16) * 20 floats besides. The result depends neither on that nor on the number of threads.
#ifndef MATH_FOLD_H
#define MATH_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"

struct fold {
    size_t users, items, dim;
    const float *user, *item;     // (users, dim), (items, dim)
    const uint32_t *lists;        // (users + 1) into taken; used with `similar` only
    const uint32_t *taken;        // (lists[users]) items
    const float *similar;         // (items, items): row i is what having taken i says of each item; or NULL
    double blend;
    const float *column;          // (items) positive; or NULL: all 1
    size_t k, passes;             // 1 <= k <= items
    size_t memory_bytes;          // for A
    uint64_t seed;
};

//   user_out  (users, k)   item_out  (items, k)
void fold_run(const struct fold *fold, struct pool *pool, float *user_out, float *item_out);

#endif
