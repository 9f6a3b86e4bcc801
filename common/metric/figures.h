// All metrics at all k over all queries, for the model's rankings, for popularity, and for baselines, in one pass.
//
//     struct figures *figures = figures_new(counts, n_candidates, &plan);
//     for each query: figures_add(figures, &query);
//     for (size_t i = 0; i < figures_count(figures); i++) { struct figure figure = figures_get(figures, i); ... }
//
// `kept` figures take lists as they are: candidates seen in training are rivals, as in TFRS's tutorials. `excluded` figures
// leave out of each list what the query has seen; an event whose candidate is among that is a miss. Popularity and the baselines get the same.
#ifndef METRIC_FIGURES_H
#define METRIC_FIGURES_H

#include "common/metric/baseline.h"
#include "common/metric/metric.h"

struct figures_plan {
    bool kept, excluded;                  // which figures by event are wanted
    bool relevant_seen;                   // by query: seen candidates are relevant and kept (truth is the training table)
    const size_t *event_ks, *query_ks;    // rising
    size_t n_event_ks, n_query_ks;
    struct baseline *const *baselines;    // (n_baselines), at most BASELINES_MAX; borrowed
    size_t n_baselines;
    const float *vectors;                 // (n_candidates, dim) of length 1, or 0: for intra-list similarity; NULL: none. Borrowed
    size_t dim;
    const bool *group;                    // (n_candidates) a slice of the candidates: figures against the truth and of exposure only. Borrowed
};

struct figures_query {
    struct metric_list list;              // the model's
    const uint32_t *seen;                 // (n_seen) candidates
    size_t n_seen;
    const uint32_t *candidates;           // (n_events) of the truth rows
    const float *scores, *weights;        // (n_events) scores by the model; weights or NULL
    size_t n_events;
};

struct figure {
    const char *metric;
    size_t k;
    bool excluded;
    double value, low, high, popularity;  // low and high are the 95 % interval; NaN where there is none
    double baselines[BASELINES_MAX];      // in the order of the plan
    size_t n;                             // queries it is over
};

//   counts  (n_candidates) how often each candidate was taken in training
struct figures *figures_new(const uint32_t *counts, size_t n_candidates, const struct figures_plan *plan) __attribute__((warn_unused_result));

// Every candidate is below n_candidates.
void figures_add(struct figures *figures, const struct figures_query *query);

size_t figures_count(const struct figures *figures);

// The last query's share of figure i, by the model: what went into the sums. Weight 0: it does not count, or the figure is no mean over queries.
void figures_last(const struct figures *figures, size_t i, double *value, double *weight);

// The name of the i-th baseline; NULL behind the last one.
const char *figures_baseline(const struct figures *figures, size_t i);
struct figure figures_get(const struct figures *figures, size_t i);

// Whether accuracy_ids, by places in lists, is another figure than accuracy, by scores, anywhere: where scores tie or a search was not exact.
bool figures_ids_differ(const struct figures *figures);
// Whether figure i is one of those by places.
bool figures_is_by_ids(const struct figures *figures, size_t i);

void figures_free(struct figures *figures);

#endif
