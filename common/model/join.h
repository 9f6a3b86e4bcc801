// A table whose columns are added to the rows of another by equal keys: [table movies] join = texts.
//
//     struct join *join = join_new(config_table(config, "texts"));
//     while (reader_next(in, &frame)) if (join_takes(join, &frame)) ...
//     frame = join_add(join, &movies, "movie_id", &arena);         // the columns of movies, then those of texts but for its key
//
// A row whose key the other table lacks gets empty texts and lists, and NaN; how many there were is said on stderr. Dies with exit code 3 if
// a key is there twice, both tables have a column, or such a row would need a whole number. Holds the table whole.
#ifndef MODEL_JOIN_H
#define MODEL_JOIN_H

#include <stdbool.h>

#include "common/config/config.h"
#include "common/stream/frame.h"

struct join *join_new(const struct config_table *table) __attribute__((warn_unused_result));

// Takes rows of the table; false, and nothing done, for any other.
bool join_takes(struct join *join, const struct frame *frame);

// Needs the whole table, which has come at least as an announcement (reader_wants). The result is in the arena or borrowed from both.
struct frame join_add(struct join *join, const struct frame *rows, const char *key, struct arena *arena);

const char *join_table(const struct join *join);

#endif
