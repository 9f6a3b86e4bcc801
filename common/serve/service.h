// Models that are loaded to answer: files of indexes by name and version, swapped while others are still being answered from.
//
//     struct service *service = service_new(threads);
//     if (!service_load(service, "movies", 3, "movies/3.index", &fault)) tell("%s", fault.message);
//     struct loaded *model = service_get(service, "movies", 0);          // the newest version
//     ... model->recommenders[worker] ...
//     service_put(model);                                                // the last one frees what was replaced
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/answer.h"
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
    uint32_t *popular, *counts;        // (n_candidates) rows by how often they were taken, falling; and how often, by row
    uint32_t *past_ends, *past;        // (n_queries), (n_interactions): rows of the interactions of each query, in order
    size_t *latest;                    // (n_queries + 1) of contextual towers (model/typed.h), else NULL
    time_t loaded_at;
    atomic_size_t references;
    struct arena arena;
};

struct service *service_new(size_t n_workers) __attribute__((warn_unused_result));

// Loads a file, and lets it take the place of the same version of that name, if there is one. False, and nothing changed, if it is no index that
// answers: the guard says why.
bool service_load(struct service *service, const char *name, uint64_t version, const char *path, struct die_guard *guard)
    __attribute__((warn_unused_result));

// Reads a whole file, its checksum and every number of its index, and answers one query. Dies with exit code 1 or 3 if it cannot.
void service_check(const char *path);

// Forgets a version; answers under way are not disturbed.
void service_unload(struct service *service, const char *name, uint64_t version);

// A version of a model; 0: the newest. NULL if there is none. To be given back.
struct loaded *service_get(struct service *service, const char *name, uint64_t version);
void service_put(struct loaded *loaded);

// All of them, by name and then version: (*n), the array released by free(), each to be given back.
struct loaded **service_all(struct service *service, size_t *n);

// The row of a key; UINT32_MAX if there is none, or several.
uint32_t keys_find(const struct keys *keys, const char *key, size_t length);

#endif
