// Candidates like a candidate: the largest cosines of the vectors, exactly.
//
//     similar_search(index, rows, lists, n, 10, pool, &scratch);     // lists as for index_search: hits, allowed
#ifndef INDEX_SIMILAR_H
#define INDEX_SIMILAR_H

#include "common/index/index.h"

// The vector of a row divided by its length; zeros stay zeros.
void index_direction(const struct index *index, size_t row, float *out);

// Fills in hits, at most k each, best first, ties by the lower row; the row itself is none of them. Every vector is looked at, whatever the kind of
// index. A vector of zeros is like none: cosine 0.
//   rows   (n) that exist
//   lists  (n) `hits` with room for k, and `allowed`
void similar_search(const struct index *index, const uint32_t *rows, struct topk_query *lists, size_t n, size_t k, struct pool *pool,
                    struct arena *scratch);

#endif
