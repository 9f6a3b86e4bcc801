// All features that the towers of a configuration read: fitted together, and written beside the rows they were made from.
//
//     struct encoding *encoding = encoding_new(config);
//     encoding_fit(encoding, LEVEL_QUERY, users, counts);                   // so the items, and the interactions frame by frame
//     encoding_fitted(encoding, items, n_users);
//     encoding_save(encoding, out);
//     encoding_add(encoding, LEVEL_QUERY, &frame, &arena);                  // feature/F and weight/F of all of that level
//
// Sequences from the interactions, and histories, need them all, held back or not: encoding_event takes them in order, encoding_add meets them
// again in the same order.
#ifndef MODEL_ENCODING_H
#define MODEL_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/model/feature.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

// Where a feature's columns are: in a side's table, or in the interactions.
enum encoding_level { LEVEL_QUERY, LEVEL_CANDIDATE, LEVEL_INTERACTION };

// The features of towers that tasks name, in their order, the query's first.
struct encoding *encoding_new(const struct config *config) __attribute__((warn_unused_result));

// Whether this table is one that encoding_save writes.
bool encoding_owns(const struct encoding *encoding, const struct frame *frame);

// Takes the states from the stream in a file. With `extend` more is fitted to them afterwards; else encoding_fit does nothing.
void encoding_load(struct encoding *encoding, const char *path, bool extend);

void encoding_fit(struct encoding *encoding, enum encoding_level level, const struct frame *rows, const uint32_t *counts);

// Interactions of row numbers, with their other columns; `held`: of R.valid or R.test. Does nothing unless there are sequences or histories.
void encoding_events(struct encoding *encoding, const struct frame *rows, bool held);

//   candidates  the whole table of candidates, kept by the caller as long as the encoding is used
//   queries     how many there are
void encoding_fitted(struct encoding *encoding, const struct frame *candidates, size_t queries);

void encoding_save(const struct encoding *encoding, struct writer *out);

// Adds the columns of this level's features to a frame, a table's frames in their order: its schema and cells are copied into the arena
// first. What is missing is counted; encoding_report warns of it.
void encoding_add(struct encoding *encoding, enum encoding_level level, struct frame *frame, struct arena *arena);
void encoding_report(const struct encoding *encoding);

#endif
