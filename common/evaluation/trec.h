// Rankings and truth as the files that trec_eval and its kin read.
//
//     struct trec *trec = trec_open("figures/model", excluded, n_candidates);    // figures/model.run and figures/model.qrels
//     while (rankings_next(rankings, &ranking)) trec_add(trec, &ranking);
//     trec_close(trec);
//
// A query is the number of its ranking, a document the row of its candidate. What counts is what metrics by query count: with `excluded`
// the lists and the relevant candidates are without what was seen. The scores are ranks from the end of the list: trec_eval sorts by score,
// and would give ties an order of its own.
#ifndef EVALUATION_TREC_H
#define EVALUATION_TREC_H

#include "common/index/rankings.h"

// Dies with exit code 2 unless the prefix can begin the names of two files: it is no device and ends in no slash. NULL passes.
void trec_check(const char *prefix);

struct trec *trec_open(const char *prefix, bool excluded, size_t n_candidates) __attribute__((warn_unused_result));
void trec_add(struct trec *trec, const struct ranking *ranking);

// Both files appear under their names here, and not before.
void trec_close(struct trec *trec);

#endif
