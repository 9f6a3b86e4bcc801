// Rankings measured: which figures they can give, and all of them over all queries, whole and by slices.
//
//     struct trial_plan plan = trial_plan(rankings, train, ks);
//     struct trial *trial = trial_new(rankings, &plan, slices);
//     while (rankings_next(rankings, &ranking)) trial_add(trial, &ranking);
//     report_table(out, trial_report(trial));
#ifndef EVALUATION_TRIAL_H
#define EVALUATION_TRIAL_H

#include "common/index/rankings.h"
#include "common/metric/report.h"

enum { KS_MAX = 64 };

// Lengths of lists, as they stand in an option: rising, with commas between them. Ends the process with exit code 2 if they do not.
//   text  NULL: the usual ones
struct trial_ks {
    size_t event[KS_MAX], query[KS_MAX], n_event, n_query;
    bool asked;                // by the option
};
struct trial_ks trial_ks(const char *text);

// Looks through the rankings for what they can answer, and rewinds them. Dies with exit code 3 if a k that was asked for lies beyond them.
//   train  the truth is what was learned from
struct figures_plan trial_plan(struct rankings *rankings, bool train, struct trial_ks *ks);

// Makes room for the figures of everything and, unless slices is NULL, of each slice.
struct trial *trial_new(const struct rankings *rankings, const struct figures_plan *plan, struct slices *slices) __attribute__((warn_unused_result));
void trial_add(struct trial *trial, const struct ranking *ranking);
const struct report *trial_report(const struct trial *trial);

#endif
