// Recommenders that need no training worth the name, fitted in a moment to who took what: whatever a model cannot beat, it is not worth
// its trouble. Popularity is not among them (see popularity.h): it stands beside every figure.
//
//     struct baseline *ease = baseline_new(&call, &data, pool);            // "ease(lambda=500)"; NULL: there is no solution
//     struct metric_list list = baseline_list(ease, taken, n_taken, false, 100);
//     baseline_free(ease);
//
// A kind is one file and one row of `baseline_kinds`. It gives every candidate a score for someone who took certain candidates. The order
// is by score, falling, ties by popularity: so someone about whom it knows nothing gets the most popular.
#ifndef METRIC_BASELINE_H
#define METRIC_BASELINE_H

#include "common/base/pool.h"
#include "common/config/call.h"
#include "common/metric/metric.h"

enum { BASELINES_MAX = 4 };

// Who took what, as the table `seen` has it. Borrowed.
struct baseline_data {
    const uint32_t *lists;    // (n_queries + 1) into taken
    const uint32_t *taken;    // (lists[n_queries]) candidates, below n_candidates
    size_t n_queries;
    const uint32_t *counts;   // (n_candidates) how often each was taken
    size_t n_candidates;
};

struct baseline_kind {
    const char *name, *arguments, *meaning;
    // Dies with exit code 3 and the place of the call if its arguments are wrong.
    void (*check)(const struct call *call);
    // Bytes that it holds while fitted.
    double (*bytes)(const struct call *call, const struct baseline_data *data);
    void *(*fit)(const struct call *call, const struct baseline_data *data, struct pool *pool);
    //   scores  (n_candidates) zeros; out
    void (*score)(const void *fitted, const uint32_t *taken, size_t n, float *scores);
    void (*free)(void *fitted);
};

extern const struct baseline_kind *const baseline_kinds[];  // ends in NULL
extern const struct baseline_kind baseline_knn, baseline_ease;

const struct baseline_kind *baseline_kind(const char *name);

// NULL if the kind finds no solution. `call` names a kind.
struct baseline *baseline_new(const struct call *call, const struct baseline_data *data, struct pool *pool) __attribute__((warn_unused_result));

const char *baseline_name(const struct baseline *baseline);

// The first k for someone who took these; without them if `excluded`. Scores are the negated places, so there are no ties. Valid until
// the next call.
struct metric_list baseline_list(struct baseline *baseline, const uint32_t *taken, size_t n, bool excluded, size_t k);

void baseline_free(struct baseline *baseline);

#endif
