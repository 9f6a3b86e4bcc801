// Queries that are typed: keys looked up in the table of queries, and rows of features for keys that it does not have.
//
//     size_t rows[2];
//     typed_find(config, users, (const char *[]){"42", "nobody"}, 2, rows);      // rows[1] is SIZE_MAX
//     struct feature **features = typed_features(config, tower, states, "movies.index");
//     struct frame frame = typed_row(config, tower, features, NULL, "nobody", &(struct arg_list){0}, &arena);
#ifndef MODEL_TYPED_H
#define MODEL_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/args.h"
#include "common/config/config.h"
#include "common/model/feature.h"
#include "common/stream/held.h"

// The rows (n) of the keys in the table of queries; SIZE_MAX for a key that has none. One pass over the table.
void typed_find(const struct config *config, const struct held *queries, const char *const *keys, size_t n, size_t *rows);

// The features that the tower reads (tower->n_inputs), loaded: to encode what is typed.
//   states  (tower->n_inputs) their tables, vocab/F and the like; empty where a feature has none
// Dies with exit code 3 if a table did not come; `source` names the stream.
struct feature **typed_features(const struct config *config, const struct config_tower *tower, struct held *const *states, const char *source)
    __attribute__((warn_unused_result));
void typed_features_free(struct feature **features, size_t n);

// One row as the tower wants it, in the arena: of the features that come from the table of queries. Those of a column that `given` has are made
// from that value; all others are taken from the row of a known query or, without one, made from the key, whose id may be that of an unknown
// term, or from an empty text.
//   known  one row of the table of queries; NULL: none
//   given  COLUMN=VALUE; of other columns, it counts for nothing
// Dies with exit code 3 if a value is not what its feature is made from, or the feature has no id for unknown terms. Allocates from the arena alone.
struct frame typed_row(const struct config *config, const struct config_tower *tower, struct feature *const *features,
                       const struct frame *known, const char *key, const struct arg_list *given, struct arena *arena);

// A row for nobody who is known, but who took the candidates of these rows (n, in that order): features that are made from what a query took
// have them, all others are as in typed_row for an unknown key. typed_reads_history says whether the tower has such features.
//   candidates  held; encoded by vocab
struct frame typed_likes(const struct config *config, const struct config_tower *tower, struct feature *const *features, struct held *candidates,
                         const uint32_t *rows, size_t n, const struct arg_list *given, struct arena *arena);
bool typed_reads_history(const struct config_tower *tower);

// Whether the tower has ids for unknown terms, so that typed_row can make an unknown query.
bool typed_takes_unknown(const struct config_tower *tower);

// The row of the latest interaction of every query or, if it has none, of anyone; by [data] time or, without one, the last row. SIZE_MAX if there
// is none at all. One pass over them.
//   latest  (n_queries + 1) out; the last one is that of anyone
void typed_latest(const struct config *config, const struct held *interactions, size_t n_queries, size_t *latest);

// What a contextual tower reads besides, in the arena: a row of the features that come from the interactions. They are those of the interaction
// `latest`. Where `with` says COLUMN=VALUE, the
// features of that column are made from that value. A sequence is the one that the query has today: that of its row.
//   interactions  held; encoded by vocab
//   latest        row of an interaction, or SIZE_MAX for none
//   asked         the query's row, or the one of typed_row or typed_likes
// Dies with exit code 2 if no feature of the tower is made from such a column of the interactions; with 3 if a feature has no value.
struct frame typed_context(const struct config *config, const struct config_tower *tower, struct feature *const *features,
                           struct held *interactions, size_t latest, const struct frame *asked, const struct arg_list *with,
                           const char *source, struct arena *arena);

#endif
