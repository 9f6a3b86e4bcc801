// Rows of interactions with predictions, as people and programs read them: CSV (RFC 4180, lines end in LF) with keys for row numbers.
//
//     struct scored *scored = scored_new(config);
//     while (reader_next(in, &frame)) scored_looks(scored, &frame);     // the tables of both sides
//     scored_start(scored, reader_name(in));
//     scored_print(scored, &frame, n_heads, stdout);                    // frames of the table `scores`
//
// prints, the keys first, then what is predicted, then what else the rows have, but for what the stages added:
//
//     query,movie_id,score/stars,rating
//     42,318,4.20992,5
//
// A column whose name is taken is called TABLE.NAME. Holds the keys of both sides.
#ifndef INDEX_SCORED_H
#define INDEX_SCORED_H

#include <stdio.h>

#include "common/config/config.h"
#include "common/stream/frame.h"

struct scored *scored_new(const struct config *config) __attribute__((warn_unused_result));

// Keeps the keys of a frame of queries or candidates. Nothing is done for any other.
void scored_looks(struct scored *scored, const struct frame *frame);

// Declares the keys complete. Dies with exit code 3 if they never came.
void scored_start(struct scored *scored, const char *source);

// Prints the rows of a frame, before the first one the names. Errors of the file are the caller's.
//   frame  `query` and `candidate`, rows that exist; its last n_heads columns are the predictions
void scored_print(struct scored *scored, const struct frame *frame, size_t n_heads, FILE *out);

#endif
