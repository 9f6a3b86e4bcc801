// The rankings of a stream with what each is judged by: the truth, and what the query had seen. Read, checked, then gone
// through query by query.
//
//     struct rankings *rankings = rankings_new("movies", NULL, memory_bytes);
//     while (reader_next(in, &frame)) rankings_take(rankings, &frame);
//     rankings_ready(rankings, reader_name(in));
//     struct ranking ranking;
//     while (rankings_next(rankings, &ranking)) ...
//
// The truth (the table with the columns `ranking` and `score`) is held in memory, at most 36 bytes a row; so are the candidates'
// counts. The tables `rankings` and `seen` are spooled; they come in the same order, so both are read side by side.
#ifndef INDEX_RANKINGS_H
#define INDEX_RANKINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/stream/frame.h"

struct ranking {
    uint32_t query;                   // row of the queries' table
    const uint32_t *candidates;       // (n) best first
    const float *scores;              // (n)
    size_t n;
    const uint32_t *seen;             // (n_seen)
    size_t n_seen;
    const uint32_t *truth;            // (n_truth) candidates
    const float *truth_scores;        // (n_truth)
    const float *truth_weights;       // (n_truth), or NULL
    size_t n_truth;
};

//   candidates    name of the table of candidates, whose column `count` is kept
//   weight        column of the truth with weights, or NULL
//   memory_bytes  for each of two spools
struct rankings *rankings_new(const char *candidates, const char *weight, size_t memory_bytes) __attribute__((warn_unused_result));

void rankings_take(struct rankings *rankings, const struct frame *frame);

// Checks that everything came and that ids are in range; dies with exit code 3.
void rankings_ready(struct rankings *rankings, const char *source);

// Every ranking in turn; false after the last one. rankings_rewind begins again. The first pass checks what it gives out: a candidate
// that does not exist or comes twice in a list, scores that rise, queries out of order, truth of another query than its ranking or with
// another score than there end the process with exit code 3.
bool rankings_next(struct rankings *rankings, struct ranking *ranking) __attribute__((warn_unused_result));
void rankings_rewind(struct rankings *rankings);

const char *rankings_table(const struct rankings *rankings);   // name of the truth
size_t rankings_truth_rows(const struct rankings *rankings);
size_t rankings_count(const struct rankings *rankings);
const uint32_t *rankings_counts(const struct rankings *rankings, size_t *n_candidates);

#endif
