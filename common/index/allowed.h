// Which candidates may be recommended: a bit a row (math/topk.h), cut down by rules one after the other.
//
//     uint64_t *allowed = allowed_all(rows, &arena);
//     allowed_filter(allowed, movies, "year >= 1990");           // conditions on columns (filter.h)
//     allowed_keys(allowed, movies, "movie_id", "new.txt", true);    // only the keys in this file
//     allowed_keys(allowed, movies, "movie_id", "sold.txt", false);  // all but the keys in this file
#ifndef INDEX_ALLOWED_H
#define INDEX_ALLOWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/stream/held.h"

// All rows are allowed.
uint64_t *allowed_all(size_t rows, struct arena *arena);

// Dies with exit code 2 if the condition is none on the table's columns.
void allowed_filter(uint64_t *allowed, const struct held *candidates, const char *condition);

// A file of keys, one a line; blank lines count for nothing. Keys that no candidate has are counted in a warning.
//   key   the column of keys
//   only  whether the rows of these keys stay, or go
void allowed_keys(uint64_t *allowed, const struct held *candidates, const char *key, const char *path, bool only);

#endif
