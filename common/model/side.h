// One end of the interactions, users or items: their keys, and the rows of the table that the keys refer to.
//
// Interactions may come before the table does, so a key gets a provisional number when it first comes; once everything
// is read, side_resolve finds the row of each number.
//
//     struct side *users = side_new(config, &config->query, "query");
//     while (reader_next(in, &frame)) {
//         if (side_takes(users, &frame)) continue;
//         numbers = side_number(users, &interactions, &arena);
//     }
//     side_resolve(users);
//     row = side_row(users, numbers[i]);               // or SIDE_NO_ROW
//     side_refuse_unknown(users, false);
//
// Holds the table and the keys whole.
#ifndef MODEL_SIDE_H
#define MODEL_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/map.h"
#include "common/config/config.h"
#include "common/model/join.h"
#include "common/stream/frame.h"
#include "common/stream/reader.h"

enum { SIDE_NO_ROW = INT32_MAX };  // a table has fewer rows

struct side {
    const struct config_side *config;
    const char *what;            // "query" or "candidate"
    const char *key;             // the column of the table that holds the keys
    struct map *keys;            // of the interactions, by provisional number
    struct gather *table;
    struct join **joins;         // (n_joins) tables joined to it
    size_t n_joins;
    struct frame whole;          // with what is joined
    const struct frame *frame;   // the whole table, once resolved
    uint32_t *rows;              // (keys) row of a provisional number
    size_t unknown;              // interactions that refer to no row
    uint32_t first_unknown;      // provisional number of the first
    struct arena arena;
};

struct side *side_new(const struct config *config, const struct config_side *side, const char *what);

// Takes rows of the side's table, or of one joined to it; false, and nothing done, for any other. Dies with exit code 3 if the table should be made
// from the keys, or was encoded before.
bool side_takes(struct side *side, const struct frame *frame);

// The provisional numbers (rows) of the key column of interactions, in the arena.
const uint32_t *side_number(struct side *side, const struct frame *interactions, struct arena *arena);

// Dies with exit code 3 unless the tables of this side came.
void side_wants(const struct side *side, const struct reader *in);

// Makes the table if none was given: one column of the keys, by bytes. Joins the others to it. Dies with exit code 3 if two rows have one key.
void side_resolve(struct side *side);

// The row of a provisional number, or SIDE_NO_ROW, which is counted.
static inline uint32_t side_row(struct side *side, uint32_t number)
{
    uint32_t row = side->rows[number];
    if (row == SIDE_NO_ROW && side->unknown++ == 0)
        side->first_unknown = number;
    return row;
}

// Dies with exit code 3 if interactions refer to no row; or, if they are to be skipped, warns.
void side_refuse_unknown(const struct side *side, bool skip);

#endif
