// What each query took, in order of time: for sequences of its last candidates, and histories of them all.
//
//     struct history *history = history_new();
//     history_add(history, query, candidate, time, rows, false);         // frame by frame, all interactions
//     history_sort(history, queries);
//     n = history_before(history, 4711, 10, candidates);                 // before interaction 4711, oldest first
//
// Equal times keep the order in which the interactions were added. Holds 16 bytes an interaction, 40 while it sorts.
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history *history_new(void) __attribute__((warn_unused_result));

//   query, candidate, time  (rows); time NULL: in the order in which they come
//   held  whether these were held back: history_last passes over them
void history_add(struct history *history, const uint32_t *query, const uint32_t *candidate, const int64_t *time, size_t rows, bool held);

// Every query is below `queries`. Nothing is added after it.
void history_sort(struct history *history, size_t queries);

// The last n candidates, or as many as there are, that the query of this interaction took before it.
//   candidates  (n) out
size_t history_before(const struct history *history, size_t interaction, size_t n, uint32_t *candidates);

// The last n candidates of the query, but for those held back.
size_t history_last(const struct history *history, size_t query, size_t n, uint32_t *candidates);

// All candidates of the query but for those held back, rising, each once; as many as history_last would find, or fewer.
size_t history_all(const struct history *history, size_t query, uint32_t *candidates);

// The most interactions that a query has.
size_t history_most(const struct history *history);

void history_free(struct history *history);

#endif
