// Queries that are typed: keys looked up in the table of queries, and rows of features for keys that it does not have.
//
//     size_t rows[2];
//     typed_find(config, users, (const char *[]){"42", "nobody"}, 2, rows);      // rows[1] is SIZE_MAX
//     struct frame frame = typed_row(config, tower, states, "nobody", "movies.index", &arena);
#ifndef MODEL_TYPED_H
#define MODEL_TYPED_H

#include <stddef.h>

#include "common/base/args.h"
#include "common/config/config.h"
#include "common/stream/held.h"

// The rows (n) of the keys in the table of queries; SIZE_MAX for a key that has none. One pass over the table.
void typed_find(const struct config *config, const struct held *queries, const char *const *keys, size_t n, size_t *rows);

// One row as the tower wants it, in the arena: of the features that come from the table of queries. Those made from the key get the id that the key has for them, that of an unknown
// term; all others are made from an empty text.
//   states  (tower->n_inputs) the features' tables, vocab/F and the like; empty where a feature has none
// Dies with exit code 3 if a table did not come (`source` names the stream) or has no id for unknown terms.
struct frame typed_row(const struct config *config, const struct config_tower *tower, struct held *const *states,
                       const char *key, const char *source, struct arena *arena);

// What a contextual tower reads besides, in the arena: a row of the features that come from the interactions. They are those of the latest
// interaction of the query or, if it has none, of anyone; by [data] time or, without one, the last row. Where `with` says COLUMN=VALUE, the
// features of that column are made from that value. A sequence is the one that the query has today: that of its row.
//   interactions  held; encoded by vocab
//   query         row of the query, or SIZE_MAX for one that has none
//   asked         that row, or the one of typed_row
// Dies with exit code 2 if no feature of the tower is made from such a column of the interactions; with 3 if a feature has no value.
struct frame typed_context(const struct config *config, const struct config_tower *tower, struct held *const *states,
                           struct held *interactions, size_t query, const struct frame *asked, const struct arg_list *with,
                           const char *source, struct arena *arena);

#endif
