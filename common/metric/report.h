// Figures as text for people, as JSON, and as rows of the table `metrics`.
//
// Each has a column more for every baseline, named as it is.
#ifndef METRIC_REPORT_H
#define METRIC_REPORT_H

#include "common/base/arena.h"
#include "common/metric/figures.h"
#include "common/stream/frame.h"

void report_table(struct bytes *out, const struct figures *figures);

// An object a line; null for a figure that there is not.
void report_json(struct bytes *out, const struct figures *figures);

// The rows in a builder, which the caller frees before the arena, where the schema lives.
struct builder *report_rows(const struct figures *figures, struct arena *arena) __attribute__((warn_unused_result));

#endif
