// Terms and their ids: the vocabulary that lookup, list and text share, as Keras' StringLookup makes it.
//
// Ids: with `mask` 0 is the empty text, then come the ids of unknown terms, then the terms by count descending and, among equals,
// by bytes descending: that is the order of Keras' adapt(). An unknown term takes the one id for them or, with several, the one
// that its FarmHash fingerprint chooses, an integer its remainder (never negative); with none it is an error.
//
//     struct terms terms = {0};
//     terms_init(&terms, feature, tfrs);
//     terms_add(&terms, (struct text){"drama", 5}, 3);
//     terms_fitted(feature, &terms);
//     uint32_t id = terms_id(&terms, (struct text){"drama", 5});
//
// The state of a kind that has terms begins with them, so the functions below that take a state serve it as they are.
#ifndef MODEL_TERMS_H
#define MODEL_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/map.h"
#include "common/model/feature.h"

struct terms {
    const struct feature *feature;
    size_t max;              // ids at most; 0: no limit
    size_t min_count, oov;
    bool mask;               // the empty text has an id of its own
    bool integers;           // unknown terms are integers, and spread by their value
    struct map *map;         // number: the id without mask and oov
    uint64_t *counts;        // (terms)
    size_t capacity;
    size_t kept;             // terms that keep their places when more are fitted
};

// The arguments that make a vocabulary, for call_known, --kinds and --help.
#define TERMS_KEYS "max, min_count, oov, mask"
#define TERMS_ARGUMENTS "max=, min_count=1, oov=1, mask=no"

// Reads those arguments of the feature's call. Dies with exit code 3 if they leave no id for a term.
void terms_init(struct terms *terms, const struct feature *feature, bool tfrs);

void terms_add(struct terms *terms, struct text term, uint64_t count);

// False for terms of a row that never occurs: they would be dropped as too rare.
static inline bool terms_count(const struct terms *terms, uint32_t count)
{
    return count > 0 || terms->min_count == 0;
}

static inline bool terms_is_mask(const struct terms *terms, struct text term)
{
    return terms->mask && term.length == 0;
}

uint32_t terms_id(const struct terms *terms, struct text term);

// For struct feature_kind. terms_fitted puts the terms in order and drops those that are too rare or too many. After terms_extend
// those that were there stay in their places, whatever their counts, and new ones follow. The table has token str, count u64.
void terms_fitted(const struct feature *feature, void *state);
void terms_extend(void *state);
size_t terms_ids(const void *state);
void terms_save(const void *state, const char *table, struct writer *out);
void terms_load(const struct feature *feature, void *state, const struct frame *frame);
void terms_free(void *state);

// Lists of ids, one a row, as they grow; start from {0}.
struct id_lists {
    uint32_t *lists, *ids;
    size_t rows, n, lists_room, ids_room;
};

void id_lists_add(struct id_lists *lists, uint32_t id);
void id_lists_row(struct id_lists *lists);

// The u32* column, in the arena; releases the rest.
struct cells id_lists_cells(struct id_lists *lists, struct arena *arena);

#endif
