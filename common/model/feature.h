// Features: how the columns of a table become the numbers that a tower reads.
//
// A feature is fitted once, by `vocab`, to the rows of a table and how often each occurs in the interactions; its state
// is a table of the stream (vocab/F), so that every later stage, and a query typed years later, gets the same numbers.
//
//     struct feature *feature = feature_new(config, config_feature(config, "user_id"));
//     feature_fit(feature, &users, counts);                      // vocab
//     feature_fitted(feature);
//     struct cells ids = feature_encode(feature, &users, &arena);
//     feature_save(feature, out);
//
//     while (reader_next(in, &frame))                            // any stage after it
//         if (feature_takes(feature, &frame)) ...
//     feature_ready(feature, reader_name(in));
//     uint32_t id = feature_encode_text(feature, "42", 2);
//
// A kind is one file with a struct feature_kind, and one row in the table feature_kinds.
#ifndef MODEL_FEATURE_H
#define MODEL_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

struct feature;

// Every function gets the feature for its configuration, its state, and the name for messages.
struct feature_kind {
    const char *name, *arguments, *help;

    // Checks the arguments of the call and makes the state.
    void *(*make)(const struct feature *feature, bool tfrs);

    // Takes in the rows of a table, each `counts[i]` times (0: it exists, but did not occur); then the end of it.
    void (*fit)(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts);
    void (*fitted)(const struct feature *feature, void *state);

    // The type of the encoded column, and the column itself: (rows), in the arena.
    const char *type;
    struct cells (*encode)(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena);

    // Ids are below this number: the rows of an embedding.
    size_t (*ids)(const void *state);

    // The state as a table of the name given, and back: frame by frame, then the end of it.
    void (*save)(const void *state, const char *table, struct writer *out);
    void (*load)(const struct feature *feature, void *state, const struct frame *frame);
    void (*free)(void *state);
};

struct feature {
    const struct config_feature *config;
    const struct feature_kind *kind;
    const char *table;   // vocab/F
    const char *column;  // feature/F, of the encoded column
    bool loaded;         // the table came
    void *state;
    struct arena arena;
};

extern const struct feature_kind feature_lookup;
extern const struct feature_kind *const feature_kinds[];  // ends in NULL

// Dies with exit code 3 if the kind or an argument is not known. Borrows the configuration.
struct feature *feature_new(const struct config *config, const struct config_feature *feature);
void feature_free(struct feature *feature);

void feature_fit(struct feature *feature, const struct frame *rows, const uint32_t *counts);
void feature_fitted(struct feature *feature);

// The encoded column of all rows of the frame, which must have the column that the feature is made from (exit code 3).
struct type feature_type(const struct feature *feature);
struct cells feature_encode(const struct feature *feature, const struct frame *rows, struct arena *arena);

// One value, as typed; only for kinds that give one id a row.
uint32_t feature_encode_text(const struct feature *feature, const char *value, size_t length);

size_t feature_ids(const struct feature *feature);

void feature_save(const struct feature *feature, struct writer *out);

// Takes a frame of the feature's table. False, and nothing done, for any other table.
bool feature_takes(struct feature *feature, const struct frame *frame);

// Dies with exit code 3 if the table never came. `source` names the stream.
void feature_ready(const struct feature *feature, const char *source);

// Takes the states of features from the stream in a file, mapped if it is a regular one. Dies with exit code 3 if one is missing
// there or was encoded in another way.
void feature_load_file(struct feature **features, size_t n, const struct config *config, const char *path);

// The known kinds, for --help.
void feature_print_kinds(void);

#endif
