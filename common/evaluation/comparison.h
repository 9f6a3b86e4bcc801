// Two runs over the same truth, figure by figure: by how much they differ, and whether that may be chance.
//
//     struct comparison *comparison = comparison_new("other.mp", config, memory_bytes);
//     comparison_run(comparison, rankings, "<stdin>", train, ks);
//     comparison_table(comparison, out);
#ifndef EVALUATION_COMPARISON_H
#define EVALUATION_COMPARISON_H

#include "common/config/config.h"
#include "common/evaluation/trial.h"

// Reads the other run.
struct comparison *comparison_new(const char *path, const struct config *config, size_t memory_bytes) __attribute__((warn_unused_result));

// Goes through both, and leaves `rankings`, which were gone through before, rewound. Dies with exit code 3 if the other run answers other
// rows, and if a k that was asked for lies beyond its lists. Holds 24 bytes a query and figure.
void comparison_run(struct comparison *comparison, struct rankings *rankings, const char *source, bool train, struct trial_ks ks);

void comparison_table(const struct comparison *comparison, struct bytes *out);
void comparison_json(const struct comparison *comparison, struct bytes *out);

// The table `metrics/against`; the caller frees the builder before the comparison.
struct builder *comparison_rows(struct comparison *comparison) __attribute__((warn_unused_result));

#endif
