// Rankings for the rows of a table: a list for each of its queries, and the score of each row's own candidate.
//
//     truth_ready(truth, ...);
//     everyone_rank(r, &plan, truth, out);               // writes the table `rankings`; fills in the truth's scores
//     truth_write(truth, out);
#ifndef RECOMMEND_EVERYONE_H
#define RECOMMEND_EVERYONE_H

#include "common/index/truth.h"
#include "common/recommend/lists.h"

// Returns how many lists there are. Memory: a thousand queries at a time.
size_t everyone_rank(struct recommender *r, const struct lists_plan *plan, struct truth *truth, struct writer *out);

#endif
