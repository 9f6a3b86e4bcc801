// Models that are loaded to answer: files of indexes by name and version, swapped while others are still being answered from.
//
//     struct service *service = service_new(threads);
//     if (!service_load(service, "movies", 3, "movies/3.index", &fault)) tell("%s", fault.message);
//     struct loaded *model = service_get(service, "movies", 0);          // the newest version
//     ... model->recommenders[worker] ...
//     service_put(model);                                                // the last one frees what was replaced
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include <stdint.h>

#include "common/base/die.h"
#include "common/serve/loaded.h"

struct service *service_new(size_t n_workers) __attribute__((warn_unused_result));

// Loads a file, and lets it take the place of the same version of that name, if there is one. False, and nothing changed, if it is no index that
// answers: the guard says why.
bool service_load(struct service *service, const char *name, uint64_t version, const char *path, struct die_guard *guard)
    __attribute__((warn_unused_result));

// Forgets a version; answers under way are not disturbed.
void service_unload(struct service *service, const char *name, uint64_t version);

// A version of a model; 0: the newest. NULL if there is none. To be given back.
struct loaded *service_get(struct service *service, const char *name, uint64_t version);
void service_put(struct loaded *loaded);

// All of them, by name and then version: (*n), the array released by free(), each to be given back.
struct loaded **service_all(struct service *service, size_t *n);

#endif
