// What a task takes from a batch: the rows that take part, with the rows of the sides' tables that they refer to, and their weights.
//
//     struct examples examples = examples_take(config, task, table_rows, &batch, arena);
//     uint32_t place = places_of(&queries, examples.rows[SIDE_QUERY][i]);    // its place among the distinct ones
#ifndef MODEL_EXAMPLES_H
#define MODEL_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/config/config.h"
#include "common/stream/frame.h"

struct examples {
    size_t n;
    uint32_t *at;             // (n) rows of the batch
    uint32_t *rows[SIDES];    // (n) rows of the side's table
    const float *weight;      // (n), or NULL: all 1
};

// All in the arena. Dies with exit code 3 if a column is missing, a row refers to none of the table, or a weight is not finite.
//   table_rows  (SIDES) rows of each side's table
struct examples examples_take(const struct config *config, const struct config_task *task, const size_t *table_rows,
                              const struct frame *batch, struct arena *arena);

// Which rows of a frame of interactions take part in the task: (rows), or NULL for all of them.
const bool *examples_in(const struct config_task *task, const struct frame *frame, struct arena *arena);

// Rows of a table, numbered as they are met in a step. A step begins with n = 0.
struct places {
    uint32_t *of;             // (table's rows) where a row stands, if it does
    uint32_t *rows;           // (n) in the order they came; room for all
    size_t n;
};

struct places places_new(size_t table_rows, struct arena *arena);

// The place of a row, which is given one if it has none.
static inline uint32_t places_of(struct places *places, uint32_t row)
{
    size_t place = places->of[row];
    if (place >= places->n || places->rows[place] != row) {
        place = places->n;
        places->of[row] = (uint32_t)place;
        places->rows[places->n++] = row;
    }
    return (uint32_t)place;
}

#endif
