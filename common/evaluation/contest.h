// The baselines that are asked for on the command line, from their text to recommenders that are fitted.
//
//     struct contest *contest = contest_new("knn,ease(lambda=500)");       // a mistake ends the process here
//     for every frame: contest_take(contest, &frame);
//     contest_fit(contest, rankings, reader_name(in), memory_bytes, threads);
#ifndef EVALUATION_CONTEST_H
#define EVALUATION_CONTEST_H

#include "common/index/rankings.h"
#include "common/metric/baseline.h"

//   text  NULL: no baselines
struct contest *contest_new(const char *text) __attribute__((warn_unused_result));

// Keeps the table `seen`, if there are baselines.
void contest_take(struct contest *contest, const struct frame *frame);

// Dies with exit code 1 if they take more than memory_bytes, 3 if what was seen is out of range or a baseline has no solution.
void contest_fit(struct contest *contest, const struct rankings *rankings, const char *source, size_t memory_bytes, size_t threads);

struct baseline *const *contest_baselines(const struct contest *contest, size_t *n);

#endif
