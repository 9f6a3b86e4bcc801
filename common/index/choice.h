// Which rows of interactions are asked about: those held back for the test if there are any, else for validation, else all; or those of a
// table that was named.
//
//     struct choice *choice = choice_new(config, table_name, memory_bytes);
//     while (reader_next(in, &frame)) if (choice_takes(choice, &frame)) ...             // spooled
//     const struct choice_table *chosen = choice_made(choice);
//     if (spool_rows(chosen->rows) == 0) ...
#ifndef INDEX_CHOICE_H
#define INDEX_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/config.h"
#include "common/stream/spool.h"

struct choice_table {
    const char *name;
    struct spool *rows;
    bool came;
};

struct choice {
    struct choice_table tables[3];      // (n) the first that has rows is chosen
    size_t n;
    struct arena names;
};

//   table  the one that is asked for, borrowed; NULL: R.test, R.valid and R
struct choice *choice_new(const struct config *config, const char *table, size_t memory_bytes) __attribute__((warn_unused_result));

// Spools a frame of one of the tables. False, and nothing done, for any other.
bool choice_takes(struct choice *choice, const struct frame *frame);

// The first that has rows; the last one if none has, whether it came or not.
const struct choice_table *choice_made(const struct choice *choice);

#endif
