// The interactions put aside until both sides are known: keys get provisional numbers as they come, and rows of the sides' tables when all is read.
//
//     struct interactions *all = interactions_new(config, sides, memory_bytes);
//     while (reader_next(in, &frame)) if (interactions_take(all, &frame)) ...     // R, R.valid and R.test: spooled
//     side_resolve(sides[SIDE_QUERY]);
//     side_resolve(sides[SIDE_CANDIDATE]);
//     interactions_rewind(all);
//     while (interactions_next(all, &frame, false)) ...                           // query and candidate are rows now
//
// Those that refer to nothing are left out. A pass reads the spool, so any number of them costs no more memory than one.
#ifndef MODEL_INTERACTIONS_H
#define MODEL_INTERACTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/model/side.h"
#include "common/stream/writer.h"

//   sides  (SIDES) borrowed
struct interactions *interactions_new(const struct config *config, struct side *const *sides, size_t memory_bytes)
    __attribute__((warn_unused_result));

// Puts aside a frame of R, R.valid or R.test; false, and nothing done, for any other.
bool interactions_take(struct interactions *interactions, const struct frame *frame);

// Begins a pass.
void interactions_rewind(struct interactions *interactions);

// The next frame of the pass: `query` and `candidate` (u32), then the other columns; valid until the next call. False at the end.
//   note  have the sides count the interactions that are left out (side_row)
bool interactions_next(struct interactions *interactions, struct frame *frame, bool note);

// Writes the table `seen`: the candidates of R that each query has, each once, rising. Takes as many queries at a time as memory_bytes hold the
// interactions of, but no fewer than have 1 MiB of them together; each such range is a pass.
//   counts  (rows of the queries' table) how many interactions in R each has
void interactions_write_seen(struct interactions *interactions, const uint32_t *counts, size_t memory_bytes, struct writer *out);

#endif
