// The best k of scores that come one after the other: a pool of keys that is cut down to the best when it is full.
//
//     struct best best = {.keys = room + BEST_MORE of them, .floor = -INFINITY};
//     best_select(&best, k, room, scores, rows, first);       // again and again
//     n = best_finish(&best, k, hits);
//
// What is not below the floor, the k-th best score so far, is put into the pool; a full pool is cut down to the best k, which raises the floor. Soon
// hardly anything passes, so a scan is one comparison a score, many at a time.
//
// A key is the score as an integer of the same order, above the complement of the row: one comparison of integers is the whole order,
// ties included. A score of -0 counts as 0; a NaN must not be taken.
#ifndef MATH_BEST_H
#define MATH_BEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/math/topk.h"

enum { BEST_MORE = 64 };

struct best {
    uint64_t *keys;
    size_t n;
    float floor;              // what is below cannot be among the best k
};

static inline uint64_t best_key(float score, size_t row)
{
    uint32_t bits;
    score += 0.0f;  // -0 becomes 0
    memcpy(&bits, &score, sizeof bits);
    bits ^= bits >> 31 != 0 ? 0xffffffffu : 0x80000000u;
    return (uint64_t)bits << 32 | (uint32_t)~(uint32_t)row;
}

static inline struct topk_hit best_hit(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    bits ^= bits >> 31 != 0 ? 0x80000000u : 0xffffffffu;
    struct topk_hit hit = {.row = ~(uint32_t)key};
    memcpy(&hit.score, &bits, sizeof bits);
    return hit;
}

static inline void best_take(struct best *best, float score, size_t row)
{
    best->keys[best->n++] = best_key(score, row);
}

// Keeps the best k, if there are as many, and raises the floor to the k-th.
void best_cut(struct best *best, size_t k);

// A floor to begin with: at least k of the n scores are not below it, and hardly more. -INFINITY where k is about n. Without it, everything would
// pass at first.
float best_first_floor(const float *scores, size_t n, size_t k);

// The next of the scores, from *at to n, that are not below the floor, as places rising, BEST_MORE at most; *at moves behind them. 0 at the end.
size_t best_find(const float *scores, size_t *at, size_t n, float floor, uint32_t *places);

// Takes of the scores (rows) what is not below the floor; `first` is the row of scores[0]. The first time, a floor is looked for
// that hardly more than k scores pass.
void best_select(struct best *best, size_t k, size_t room, const float *scores, size_t rows, size_t first);

// Adds what another pool has, cut down before and after.
void best_merge(struct best *best, struct best *from, size_t k);

// The best k in order; returns how many there are.
size_t best_finish(struct best *best, size_t k, struct topk_hit *hits);

#endif
