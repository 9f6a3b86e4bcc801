// Exact top-k by inner product.
//
//     struct topk_query queries[2] = {{.hits = a}, {.hits = b}};            // a, b: room for k hits each
//     topk_inner(vectors, queries, 2, blocks, n_blocks, dim, k, pool, &scratch);
//     for (size_t i = 0; i < queries[0].n_hits; i++) printf("%u %g\n", a[i].row, a[i].score);
//
// Order: by score, falling; ties go to the lower row; -0 counts as 0. A score that is NaN (of vectors whose product
// overflows both ways) is in no list. A list is shorter than k if there are no more rows.
#ifndef MATH_TOPK_H
#define MATH_TOPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/pool.h"
#include "common/math/score.h"

// Consecutive items: the first row of a block follows the last one of the block before it.
struct topk_block {
    const float *vectors;  // (rows, dim) borrowed
    size_t rows;
};

struct topk_hit {
    uint32_t row;
    float score;
};

struct topk_query {
    const uint64_t *allowed; // a bit a row, row i in bit i % 64 of word i / 64: only rows with it are hits; NULL: all are
    const uint32_t *apart;   // (n_apart) rows that stay out of the hits, rising
    size_t n_apart;
    float *apart_scores;     // (n_apart) out: their scores, NaN for rows not allowed; NULL if not wanted
    const uint32_t *asked;   // (n_asked) rows whose scores are wanted whatever their place, rising, may repeat
    size_t n_asked;
    float *asked_scores;     // (n_asked) out
    struct topk_hit *hits;   // (k) out, best first
    size_t n_hits;           // out
};

// Fills in hits and scores of every query.
//   vectors  (n, dim) borrowed
//   blocks   (n_blocks) fewer than 2^32 rows in all; rows of `apart` and `asked` are below that
// The score of a row is that of score.h, wherever it is reported: scores may be compared for equality, and neither threads nor the company of other
// queries and other rows change a bit of one.
// Time n * rows * dim, without the stretches of 1,024 rows of which no query is allowed or asks for any. Scratch: at most 32 MiB a thread, or 8 k
// bytes if that is more.
void topk_inner(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                size_t dim, size_t k, struct pool *pool, struct arena *scratch);

// As topk_inner, by scores of another kind.
void topk_search(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                 const struct scoring *by, size_t k, struct pool *pool, struct arena *scratch);

// Whether the query may have the row.
static inline bool topk_allows(const struct topk_query *query, size_t row)
{
    return query->allowed == NULL || (query->allowed[row / 64] >> (row % 64) & 1) != 0;
}

// The first of n rising rows that is not below `row`; n if all are.
static inline size_t topk_lower_bound(const uint32_t *rows, size_t n, size_t row)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (rows[middle] < row)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

// Whether the row stays out of the query's hits.
static inline bool topk_is_apart(const struct topk_query *query, uint32_t row)
{
    size_t at = topk_lower_bound(query->apart, query->n_apart, row);
    return at < query->n_apart && query->apart[at] == row;
}

// Whether a comes before b in a list.
static inline bool topk_before(struct topk_hit a, struct topk_hit b)
{
    return a.score > b.score || (a.score == b.score && a.row < b.row);
}

// The list that goes on, through the rows kept apart too, until it has the query's hits: `apart` rows that are
// not before the last hit are left out, unless there are fewer than k hits.
//   out  room for n_hits + n_apart; returns how many were written
size_t topk_merged(const struct topk_query *query, size_t k, struct topk_hit *out, struct arena *scratch);

// The best k of both lists become the hits of the first.
//   first  is added to the rows of the second list's hits
//   room   for k hits
void topk_join(struct topk_query *list, const struct topk_query *part, size_t first, size_t k, struct topk_hit *room);

#endif
