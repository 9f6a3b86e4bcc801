// The ranking that knows nobody: candidates by how often they were taken. Whatever a model cannot beat it by, it has not learned.
//
//     struct popularity *popularity = popularity_new(counts, n);
//     struct metric_list list = popularity_list(popularity, seen, n_seen, 100);     // without what was seen
//
// The order is strict: by count, falling, ties to the lower row. Scores are the negated places.
#ifndef METRIC_POPULARITY_H
#define METRIC_POPULARITY_H

#include <stddef.h>
#include <stdint.h>

#include "common/metric/metric.h"

//   counts  (n) borrowed until the call returns
struct popularity *popularity_new(const uint32_t *counts, size_t n) __attribute__((warn_unused_result));

// The first k of the order that are not in `seen` (rising or not, every one below n). Walks k + n_seen places at most.
// Valid until the next call.
struct metric_list popularity_list(struct popularity *popularity, const uint32_t *seen, size_t n_seen, size_t k);

void popularity_free(struct popularity *popularity);

#endif
