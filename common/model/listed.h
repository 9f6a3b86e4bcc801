// Candidates that a column of the examples lists, by key or by row: negatives of an example's own, or what is none.
//
//     struct listed *listed = listed_new(config, task);
//     while (reader_next(in, &frame)) if (is_table(&frame, "movies")) listed_candidates(listed, &frame);
//     size_t room = listed_values(listed, &batch, "shown");
//     size_t n = listed_rows(listed, &batch, "shown", example, rows);     // rows: room for the example's list
//     listed_end(listed);                                                 // warns of keys that are no candidate's
#ifndef MODEL_LISTED_H
#define MODEL_LISTED_H

#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/stream/frame.h"

// Borrows both.
struct listed *listed_new(const struct config *config, const struct config_task *task) __attribute__((warn_unused_result));

// Takes the next rows of the candidates' table. Dies with exit code 3 if two of them have one key.
void listed_candidates(struct listed *listed, const struct frame *frame);

// How many values the column has, of all rows of the batch. Dies with exit code 3 unless it is str* or u32*.
size_t listed_values(const struct listed *listed, const struct frame *batch, const char *column);

// The candidates that a row of the batch lists; returns how many. Keys that are no candidate's are left out and counted; a row that is none's ends
// the process with exit code 3.
size_t listed_rows(struct listed *listed, const struct frame *batch, const char *column, size_t row, uint32_t *rows);

void listed_end(const struct listed *listed);
void listed_free(struct listed *listed);

#endif
