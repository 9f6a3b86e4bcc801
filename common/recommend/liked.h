// Somebody who is known by what they like alone: the row that towers of queries read of them, and their vector.
//
//     struct frame row = liked_row(r, likes, n, head != NULL, &given, &arena);
//     float *vector = liked_vector(r, &row, context, likes, n, &arena);          // then lists_make (lists.h)
//
// A tower that reads what a query took gives the vector for the likes, in their order. Any other gives that of an unknown query, where it has one,
// or there are zeros; what the softmax would learn from the likes comes upon that (index/likes.h).
#ifndef RECOMMEND_LIKED_H
#define RECOMMEND_LIKED_H

#include "common/recommend/recommender.h"

//   likes   (n) rows of candidates
//   judged  a head reads the row too
//   given   COLUMN=VALUE (model/typed.h)
// No rows if nobody reads one. Dies with exit code 3 if a value is not what its feature is made from. Allocates from the arena alone.
struct frame liked_row(struct recommender *r, const uint32_t *likes, size_t n, bool judged, const struct arg_list *given, struct arena *arena);

// (heads * index->dim) in the arena. What is learned from the likes is the same for all heads.
//   context  see recommender_vectors
float *liked_vector(struct recommender *r, const struct frame *row, const struct frame *context, const uint32_t *likes, size_t n,
                    struct arena *arena);

#endif
