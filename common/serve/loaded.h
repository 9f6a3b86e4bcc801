// A file of an index, mapped, and all that answering from it takes: a recommender for each worker, keys by row and rows by key, what is popular,
// and what each query took.
//
//     struct loaded *model = loaded_new("movies", 3, "movies/3.index", threads);
//     if (!loaded_open(model, &guard)) tell("%s", guard.message);
//     ... model->recommenders[worker] ...
//     loaded_free(model);
#ifndef SERVE_LOADED_H
#define SERVE_LOADED_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/answer.h"
#include "common/recommend/popular.h"
#include "common/recommend/recommender.h"

// Keys as rows of a table.
struct keys {
    struct map *map;
    uint32_t *rows;                    // (map_size) UINT32_MAX: several rows have it
};

struct loaded {
    const char *name, *path;
    uint64_t version;
    struct reader *reader;             // the file, mapped
    struct config *config;
    struct recommender **recommenders; // (n_workers) one a worker, over the same memory
    size_t n_workers;
    struct keys queries, candidates, titles;   // titles: every other text column of the candidates
    const char **query_keys, **candidate_keys; // by row; zero bytes in a key end it
    struct answers *answers;
    const size_t *shown;               // (n_shown) columns of the candidates, in the order of display (index/answer.h)
    size_t n_shown, n_queries, n_candidates, n_interactions;
    struct popular popular;            // (n_candidates)
    uint32_t *past_ends, *past;        // (n_queries), (n_interactions): rows of the interactions of each query, in order
    size_t *latest;                    // (n_queries + 1) of contextual towers (model/typed.h), else NULL
    time_t loaded_at;
    atomic_size_t references;
    struct arena arena;
};

// Nothing is read yet.
struct loaded *loaded_new(const char *name, uint64_t version, const char *path, size_t n_workers) __attribute__((warn_unused_result));

// False if it is no index that answers: the guard says why, and what was taken so far is lost, since half of it may be made.
bool loaded_open(struct loaded *loaded, struct die_guard *guard) __attribute__((warn_unused_result));

// Reads a whole file, its checksum and every number of its index, and answers one query. Dies with exit code 1 or 3 if it cannot.
void loaded_check(const char *path);

void loaded_free(struct loaded *loaded);

// The row of a key; UINT32_MAX if there is none, or several.
uint32_t keys_find(const struct keys *keys, const char *key, size_t length);

#endif
