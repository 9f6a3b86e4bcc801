// Index files that are shards of one: of the same model and the same queries, but other candidates, as several machines make them.
//
//     struct shards *shards = shards_new(config);
//     while (reader_next(file, &frame)) shards_look(shards, &frame);      // all of a file
//     shards_end(shards, index, seen, reader_name(file));                 // dies unless it goes with those before it
//     ... the next file ...
//     struct index *index = shards_index(shards);
//
// Candidates are numbered file after file. What the rows of a file refer to, its interactions and what its queries have seen, are its own
// candidates, by its own numbers.
//
// Holds the keys of the candidates, and of each file fingerprints of parameters, vocabularies and queries, for which all of them are read.
#ifndef RECOMMEND_SHARDS_H
#define RECOMMEND_SHARDS_H

#include "common/config/config.h"
#include "common/index/index.h"
#include "common/stream/held.h"

struct shards *shards_new(const struct config *config) __attribute__((warn_unused_result));

// Looks at a frame of the file under way. Dies with exit code 3 if a candidate's key is in a file before it.
void shards_look(struct shards *shards, const struct frame *frame);

// A frame of the interactions of the file under way, referring to candidates as all files have them. Lasts as the frame does.
struct frame shards_interactions(struct shards *shards, const struct frame *frame);

// Ends a file. Dies with exit code 3 if its model, its queries or its index are not those of the files before it; a file may have no queries.
//   index   its own, ready
//   seen    what its queries have seen; NULL: queries and that are not read from files
//   source  all three are borrowed
void shards_end(struct shards *shards, struct index *index, const struct held *seen, const char *source);

// How many files ended.
size_t shards_n(const struct shards *shards);

// The indexes as one (index_shards).
struct index *shards_index(const struct shards *shards);

// Whether files said what queries have seen, and what one has, (*n) rising, in the arena.
bool shards_have_seen(const struct shards *shards);
const uint32_t *shards_seen(const struct shards *shards, size_t query, size_t *n, struct arena *arena);

// The rows of a table `seen` of a query, (*n); dies with exit code 3 unless they rise and are below `rows`.
const uint32_t *shards_seen_in(const struct held *seen, size_t query, size_t rows, const char *source, size_t *n);

#endif
