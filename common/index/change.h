// An index changed: candidates added, replaced and taken out.
//
//     struct change change = {.add = "new.mp", .table = "movies", .key = "movie_id"};
//     index_change(&change, in, out);           // `in` has a whole index; `out` is one again
//
// A candidate whose key is there already is replaced, row and vector; others come behind. What is taken out keeps its row, since other tables
// refer to it, but is in no list: index->live says what is left.
#ifndef INDEX_CHANGE_H
#define INDEX_CHANGE_H

#include "common/index/index.h"
#include "common/stream/reader.h"

struct change {
    const char *add;         // a stream with the table of candidates, and either its vectors or an index of them; NULL: none
    const char *take_out;    // a file of keys, one a line; NULL: none
    const char *table, *key; // of the candidates
    const char *queries;     // the table whose vectors recall is measured by, those of `in` or else of `add`; NULL, or none there: by rows
    enum change_twins { CHANGE_ERROR, CHANGE_FIRST, CHANGE_KEEP } twins;  // what to do when `add` has a key twice
    uint64_t seed;
    size_t memory_bytes;     // as of struct index
    struct pool *pool;
    size_t rows, added, replaced, taken_out, measured_by;  // out; measured_by: vectors of queries, 0: rows
};

void index_change(struct change *change, struct reader *in, struct writer *out);

#endif
