// Figures as text for people, as JSON, and as rows of the table `metrics`: of all queries, and of slices.
//
// Each has a column more for every baseline, named as it is; where there are slices, also which slice it is, and the gap and the ratio to
// the best slice of the same column, that is, the one with the greatest figure.
#ifndef METRIC_REPORT_H
#define METRIC_REPORT_H

#include "common/base/arena.h"
#include "common/metric/figures.h"
#include "common/metric/slices.h"
#include "common/stream/frame.h"

struct report_part {
    const struct slice *slice;        // NULL: everything
    double taken;                     // a slice of candidates' share of all interactions
    const struct figures *figures;
};

struct report {
    const struct report_part *parts;  // (n) everything first, then slices, those of one column together
    size_t n;
};

// The text leaves accuracy_ids out where it is as accuracy everywhere; JSON and rows always have it.
void report_table(struct bytes *out, const struct report *report);

// An object a line; null for a figure that there is not.
void report_json(struct bytes *out, const struct report *report);

// The rows in a builder, which the caller frees before the arena, where the schema lives.
struct builder *report_rows(const struct report *report, struct arena *arena) __attribute__((warn_unused_result));

#endif
