// Which files are loaded: those that were named, and those that come to be in a folder. A file that changed is first checked by another process,
// so that a bad one costs a line in the log and nothing else: what was loaded before stays.
//
//     struct keeper *keeper = keeper_new(service, "models");
//     keeper_add(keeper, "movies", "movies.index");
//     keeper_start(keeper);                              // dies if one of the named files is bad
//     ... every second: keeper_look(keeper, false);
//     ... on SIGHUP:    keeper_look(keeper, true);
//
// In the folder, NAME/VERSION.index is a version of a model, of which the newest counts, and NAME.index is version 1 of one. A file is looked at
// when it has not changed from one look to the next, so that one that is still being written is left alone.
#ifndef SERVE_KEEPER_H
#define SERVE_KEEPER_H

#include <stdbool.h>

#include "common/serve/service.h"

//   folder  NULL: none
struct keeper *keeper_new(struct service *service, const char *folder) __attribute__((warn_unused_result));
void keeper_add(struct keeper *keeper, const char *name, const char *path);
void keeper_start(struct keeper *keeper);

// Loads what is new.
//   again  named files that changed are loaded too, and those tried again that were refused
void keeper_look(struct keeper *keeper, bool again);

// How many files were loaded after the start, and how many refused.
size_t keeper_reloads(const struct keeper *keeper);
size_t keeper_refusals(const struct keeper *keeper);

#endif
