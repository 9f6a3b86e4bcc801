// How good rankings are: pure functions of one query's list and truth, and means over queries with their intervals.
//
//     struct metric_query q = {.events = events, .n_events = 3, .relevant = hits, .n = 100, .n_relevant = 2};
//     double value, weight;
//     metric_kinds[i]->measure(&q, 10, &value, &weight);
//     metric_add(&sum, value, weight);                      // one query
//     printf("%g from %g to %g\n", metric_mean(&sum), metric_mean(&sum) - metric_half_width(&sum), ...);
//
// A metric is one function and one row of a table. `metric_kinds` compare a list with the truth: by event, every row of the truth
// table counts once (as TFRS has it); by query, every query with something relevant counts once (as papers have it). `metric_list_kinds` say
// what is in the lists, right or wrong, and count every query. `metric_catalogue_kinds` say what all lists together show of the catalogue.
#ifndef METRIC_METRIC_H
#define METRIC_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What was recommended to a query.
struct metric_list {
    const uint32_t *rows;    // (n) best first, none twice
    const float *scores;     // (n) never rising
    size_t n;
};

// One row of the truth table: where its candidate stands in the query's list.
struct metric_event {
    size_t better;   // candidates of the list with a strictly greater score; METRIC_NOWHERE if a score is not finite
    size_t place;    // of the candidate in the list, from 0; METRIC_NOWHERE if it is not there
    double weight;
};
#define METRIC_NOWHERE SIZE_MAX

// What metrics of lists know of the candidates.
struct metric_catalogue {
    const float *information;   // (n) -log2 of a candidate's share of the interactions; one that nobody took counts as taken once
    const bool *tail;           // (n) not among the most popular that make up 80 % of the interactions
    const float *vectors;       // (n, dim) of length 1, or 0; NULL: none are known
    size_t dim;
    const bool *group;          // (n) the candidates whose exposure is asked for; NULL: none
};

struct metric_query {
    const struct metric_event *events;
    size_t n_events;
    const bool *relevant;    // (n) whether the list's candidate at that place is relevant
    size_t n;
    size_t n_relevant;       // relevant candidates there are, in the list or not
    const uint32_t *rows;    // (n) the list's candidates
    const struct metric_catalogue *catalogue;   // only for metric_list_kinds
};

struct metric_kind {
    const char *name, *meaning;
    bool by_event;           // else by query
    bool unbounded;          // may be outside of 0 to 1
    // One query's share: the sum and the weights that go into the mean.  weight 0: the query does not count.
    void (*measure)(const struct metric_query *query, size_t k, double *value, double *weight);
};

extern const struct metric_kind *const metric_kinds[];  // ends in NULL
extern const struct metric_kind metric_accuracy, metric_accuracy_ids, metric_recall, metric_precision, metric_ndcg, metric_mrr, metric_map;

const struct metric_kind *metric_kind(const char *name);

extern const struct metric_kind *const metric_list_kinds[];  // ends in NULL
extern const struct metric_kind metric_novelty, metric_tail, metric_similarity, metric_exposure;

struct metric_catalogue_kind {
    const char *name, *meaning;
    //   times  (n) how often each candidate is in the first k places
    double (*measure)(const uint32_t *times, size_t n, size_t n_lists, size_t k);
};

extern const struct metric_catalogue_kind *const metric_catalogue_kinds[];  // ends in NULL
extern const struct metric_catalogue_kind metric_coverage, metric_gini, metric_overlap;

// Fills in information and tail, each (n), from how often each candidate was taken.
void metric_know(const uint32_t *counts, size_t n, float *information, bool *tail);

// Finds the events' places in a list.
//   depth       only the first `depth` of the list are looked at (TFRS: the largest k)
//   candidates  (n) the true candidate of each event; scores (n) its score
//   weights     (n) or NULL: all 1
//   marks       scratch, one for every candidate there is; all 0 before and after
void metric_find(const struct metric_list *list, size_t depth, const uint32_t *candidates, const float *scores,
                 const float *weights, size_t n, uint32_t *marks, struct metric_event *events);

// A mean over queries, which are independent of each other where the events of one query are not.
struct metric_sum {
    double value, weight, value_value, value_weight, weight_weight;
    size_t n;   // queries that count
};

void metric_add(struct metric_sum *sum, double value, double weight);

// sum of values / sum of weights; NaN if nothing counts.
double metric_mean(const struct metric_sum *sum);

// Half the width of the 95 % interval of the mean, by the normal approximation for a ratio of sums over independent
// queries (Cochran, Sampling Techniques, 1977, section 6.3): 1.96 sqrt(n / (n - 1) * sum (value - mean * weight)^2) / sum weight.
// With weights 1 that is the usual one of a mean; by event it is the cluster-robust one. NaN below two queries.
double metric_half_width(const struct metric_sum *sum);

#endif
