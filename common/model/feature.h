// Features: how the columns of a table become the numbers that a tower reads.
//
// A feature is fitted once, by `vocab`, to the rows of a table and how often each occurs in the interactions; its state
// is a table of the stream (vocab/F, stats/F or vector/F), so that every later stage, and a query typed years later, gets the same
// numbers.
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
//     struct cells one = feature_encode_text(feature, "42", 2, &arena);
//
// A kind is one file with a struct feature_kind, and one row in the table feature_kinds (feature.c).
#ifndef MODEL_FEATURE_H
#define MODEL_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

struct feature;

// What a kind reads: one column of texts (str, or i64 by its digits), of numbers, of lists of texts, or several columns of texts.
enum feature_input { FEATURE_TEXT, FEATURE_NUMBER, FEATURE_LIST, FEATURE_COLUMNS };

// Every function gets the feature for its configuration, its state, and the name for messages. What is not needed is NULL.
struct feature_kind {
    const char *name, *arguments, *help;
    const char *table;  // what the state's table is called: "vocab" for vocab/F; NULL: all that it needs stands in the configuration
    enum feature_input input;

    // Checks the arguments of the call and makes the state.
    void *(*make)(const struct feature *feature, const struct config *config);

    // Takes in the rows of a table, each `counts[i]` times (0: it exists, but did not occur); then the end of it.
    void (*fit)(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts);
    void (*fitted)(const struct feature *feature, void *state);

    // Before fitting a state that was loaded: what it has keeps its ids, new terms follow. NULL: a loaded state is not fitted again.
    void (*extend)(void *state);

    // The type of the encoded column, u32, u32*, u32[n], f32 or f32[n], once fitted or loaded (its element and whether it is a list are
    // known from the beginning); and the column: (rows), in the arena.
    struct type (*type)(const void *state);
    struct cells (*encode)(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena);

    // Whether there are weights, and the f32* column of them, with the lists of the encoded column.
    bool (*weighted)(const void *state);
    struct cells (*weights)(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena);

    // Ids are below this number: the rows of an embedding. NULL or 0: numbers.
    size_t (*ids)(const void *state);

    // If the embedding begins with given values: how wide it is (0: with the initialiser's after all), and the values (ids, width).
    size_t (*start_width)(const void *state);
    void (*start)(const void *state, float *values);

    // The state as a table of the name given, and back: frame by frame, the one without rows that announces it included.
    void (*save)(const void *state, const char *table, struct writer *out);
    void (*load)(const struct feature *feature, void *state, const struct frame *frame);
    void (*free)(void *state);
};

struct feature {
    const struct config_feature *config;
    const struct feature_kind *kind;
    struct feature *of;         // sequence and history: the feature whose ids it gives, else NULL
    bool borrowed;              // `of` is another's
    const char *table;          // such as vocab/F; NULL: none
    const char *column;         // feature/F, of the encoded column
    const char *weight_column;  // weight/F
    bool loaded;                // the table came
    void *state;
    struct arena arena;
};

extern const struct feature_kind feature_lookup, feature_hash, feature_cross, feature_bucketize, feature_normalize, feature_text, feature_list,
    feature_vector, feature_sequence, feature_history, feature_unified, feature_clock;

// Dies with exit code 3 if the kind or an argument is not known. Borrows the configuration.
struct feature *feature_new(const struct config *config, const struct config_feature *feature);
void feature_free(struct feature *feature);

void feature_fit(struct feature *feature, const struct frame *rows, const uint32_t *counts);
void feature_fitted(struct feature *feature);

// Says that a loaded state is about to be fitted to more rows. False, and it must not be fitted, if its kind stays as it is.
bool feature_extend(struct feature *feature);

// The encoded column of all rows of the frame, which must have the column that the feature is made from (exit code 3).
struct type feature_type(const struct feature *feature);
struct cells feature_encode(const struct feature *feature, const struct frame *rows, struct arena *arena);

// Whether a column weight/F stands beside it, and the column.
bool feature_weighted(const struct feature *feature);
struct cells feature_weights(const struct feature *feature, const struct frame *rows, struct arena *arena);

// How many rows of the frame have an empty field, or NaN, for which the feature's default stands; 0 if it has no default.
size_t feature_missing(const struct feature *feature, const struct frame *rows);

// One value, as typed, as a column of one row in the arena; items of a list stand between bars, "a|b". An empty text where a number or a list
// is wanted is the default or, without one, zero or an empty list.
struct cells feature_encode_text(const struct feature *feature, const char *value, size_t length, struct arena *arena);

size_t feature_ids(const struct feature *feature);

// What the embedding begins with, if the kind says so; see struct feature_kind.
size_t feature_start_width(const struct feature *feature);
void feature_start(const struct feature *feature, float *values);

void feature_save(const struct feature *feature, struct writer *out);

// Takes a frame of the feature's table. False, and nothing done, for any other table.
bool feature_takes(struct feature *feature, const struct frame *frame);

// Dies with exit code 3 if the table never came. `source` names the stream.
void feature_ready(const struct feature *feature, const char *source);

// Takes the states of features from the stream in a file, mapped if it is a regular one. Dies with exit code 3 if one is missing
// there or was encoded in another way.
void feature_load_file(struct feature **features, size_t n, const struct config *config, const char *path);

// Lets a sequence take the ids of this feature, of the same configuration as its own `of`: so a state is held once.
void feature_share(struct feature *feature, struct feature *of);

// The known kinds, for --help.
void feature_print_kinds(void);

// For kinds: the column `from` with the default in place of what is missing. Die with exit code 3 if there is no such column, or of
// another type, or if a number is missing and there is no default.
//   feature_texts    (rows) a str column; of an i64 column the decimal digits
//   feature_items    (rows) a str* column
//   feature_numbers  (rows) a column of numbers of any type, as f64; infinities are refused
const struct cells *feature_texts(const struct feature *feature, const struct frame *rows, struct arena *arena);
const struct cells *feature_items(const struct feature *feature, const struct frame *rows, struct arena *arena);
const double *feature_numbers(const struct feature *feature, const struct frame *rows, struct arena *arena);

// Whether the configuration says that the column `from` holds integers.
bool feature_is_integer(const struct feature *feature, const struct config *config);

// An argument that has no default: dies with exit code 3 if it is missing or out of range.
size_t feature_need_count(const struct feature *feature, const char *key, size_t low, size_t high);

// Sequence features: how many candidates at most, and whether they are the query's last ones in the interactions (encoding.h
// finds them) rather than a given column of lists. A history has all of the query's candidates, so it is found, too.
size_t feature_sequence_length(const struct feature *feature);
bool feature_sequence_found(const struct feature *feature);

// Types that do not depend on the state: u32, u32* and f32.
struct type feature_type_ids(const void *state);
struct type feature_type_list(const void *state);
struct type feature_type_number(const void *state);

#endif
