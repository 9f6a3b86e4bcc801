// Whether two systems differ, by what both gave to the same queries.
//
//     struct paired_test test = paired_test(&(struct paired){values, others, weights, n}, 1);
//     if (test.p_bootstrap < 0.05) ...
//
// The bootstrap draws n of the queries with replacement, a thousand times, and looks at the difference of the means (Efron and Tibshirani 1993;
// Sakai, SIGIR 2006): its interval has 95 % of those, its p is twice the share that lies on the other side of 0. Wilcoxon's
// signed-rank test (1945) asks whether the differences lie around 0: without those that are 0, equal ones share their ranks, by the normal
// approximation without correction for continuity, as scipy.stats.wilcoxon(method="approx"). Neither looks at how many figures were tried.
#ifndef METRIC_PAIRED_H
#define METRIC_PAIRED_H

#include <stddef.h>
#include <stdint.h>

enum { PAIRED_RESAMPLES = 1000 };

struct paired {
    const double *values, *others, *weights;   // (n) of each query: the two systems' means, and how much it counts in both
    size_t n;
};

struct paired_test {
    double value, other, difference, low, high;   // means, value less other, its 95 % interval; NaN for no queries
    double p_bootstrap, p_wilcoxon;               // two-sided
};

struct paired_test paired_test(const struct paired *paired, uint64_t seed);

#endif
