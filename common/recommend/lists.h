// Vectors of queries become lists: searched, without what has been seen or is not allowed, re-ranked, cut.
//
//     struct lists_plan plan = {.k = 10, .exclude_seen = true};
//     struct topk_query *lists = arena_zeros(&arena, n, sizeof *lists);
//     lists_make(r, &plan, &(struct lists_asked){vectors, queries, rows, NULL, n}, lists, &arena);
//     for (size_t i = 0; i < lists[0].n_hits; i++) ... lists[0].hits[i].row
//
// Re-ranking orders the best `pool` of a search anew and gives them new scores, falling too. Its steps are what a head predicts
// (model/predictor.h), and maximal marginal relevance (index/mmr.h); another one is another call in `rerank` (lists.c).
#ifndef RECOMMEND_LISTS_H
#define RECOMMEND_LISTS_H

#include "common/recommend/recommender.h"

struct lists_plan {
    size_t k;                    // at most index->rows
    bool exclude_seen;           // lists have nothing that their query has seen
    bool deep;                   // lists go on until they have k candidates that it has not seen
    const uint64_t *allowed;     // candidates (math/topk.h); NULL: all
    const struct config_head *head;  // re-ranked by what it predicts; NULL: as the search found them
    bool mmr;                    // diverse lists,
    double lambda;               //   with this weight of relevance
    size_t pool;                 // candidates a list that are re-ranked, if it is; at least k
};

// Who lists are for.
struct lists_asked {
    const float *vectors;        // (n, heads * dim)
    const uint32_t *queries;     // (n) rows of the queries; UINT32_MAX for one that has none, and so has seen nothing
    const struct frame *rows;    // (n) what towers of queries read
    const struct frame *context; // (n) beside them, the columns of the interactions; or NULL
    size_t n;
};

//   lists  (n) only `asked`, `asked_scores` and their number are set, and `allowed` where it is not the plan's, or nothing is; out: hits,
//          in the arena. A re-ranked candidate has the score of its list there too; one that is not in it, not allowed or not in the index has
//          -infinity.
// Dies with exit code 3 if a score is not finite.
void lists_make(struct recommender *r, const struct lists_plan *plan, const struct lists_asked *asked, struct topk_query *lists,
                struct arena *arena);

// How many candidates a search must find for the plan.
size_t lists_depth(const struct lists_plan *plan);

// The last part alone, for hits that were found otherwise: re-ranked if the plan says so, but by no head, and cut to k.
void lists_finish(struct recommender *r, const struct lists_plan *plan, struct topk_query *list, struct arena *arena);

#endif
