// cross: two or more columns hashed together into `bins` ids, as Keras' HashedCrossing.
//
// The fingerprints of the columns are folded from a constant on; an integer is its own. With a salt (tf.raw_ops.SparseCrossHashed
// with strong_hash) a text is hashed by SipHash, and the folding begins with the first column; integers are then hashed by their
// decimal texts, where TensorFlow takes their lowest four bytes.
#include <stdlib.h>

#include "common/base/die.h"
#include "common/base/fingerprint.h"
#include "common/model/feature.h"
#include "common/model/salt.h"

static const uint64_t start = 0xdecafcaffe;

struct cross {
    size_t bins;
    struct salt salt;
};

static void *cross_make(const struct feature *feature, const struct config *config)
{
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "bins, salt", COLUMNS_MAX);
    if (call_position(call, 1) == NULL)
        die(EXIT_INPUT, "%s: feature %s: wanted cross(COLUMN, COLUMN, ..., bins=N)", feature->config->place,
            quoted_text(feature->config->name));
    struct cross *cross = memory_zeros(1, sizeof *cross);
    cross->bins = feature_need_count(feature, "bins", 1, INT32_MAX);
    cross->salt = salt_of(call);
    return cross;
}

// Folds one column into the hashes of the rows; the first one of a salted cross is taken as it is.
static void fold(const struct cross *cross, const struct frame *rows, const char *column, bool first, uint64_t *hashes,
                 struct arena *arena)
{
    size_t place = schema_find(rows->schema, column);
    bool integers = !cross->salt.given && place != SIZE_MAX && type_equal(rows->schema->columns[place].type, type_of("i64"));
    const struct cells *cells = integers ? &rows->cells[place] : frame_texts(rows, column, arena);
    for (size_t i = 0; i < rows->rows; i++) {
        uint64_t hash;
        if (integers) {
            hash = (uint64_t)((const int64_t *)cells->values)[i];
        } else {
            struct text text = cells_text(cells, i);
            hash = salt_hash(&cross->salt, text.data, text.length);
        }
        hashes[i] = first && cross->salt.given ? hash : fingerprint_join(hashes[i], hash);
    }
}

static struct cells cross_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct cross *cross = state;
    uint64_t *hashes = arena_array(arena, rows->rows, sizeof *hashes);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++)
        hashes[i] = start;
    const char *column;
    for (size_t c = 0; (column = call_position(&feature->config->encode, c)) != NULL; c++)
        fold(cross, rows, column, c == 0, hashes, arena);
    for (size_t i = 0; i < rows->rows; i++)
        ids[i] = (uint32_t)(hashes[i] % cross->bins);
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t cross_ids(const void *state)
{
    return ((const struct cross *)state)->bins;
}

const struct feature_kind feature_cross = {
    .name = "cross",
    .arguments = "COLUMN, COLUMN, ..., bins=N, salt=",
    .help = "columns hashed together into bins, as Keras' HashedCrossing",
    .input = FEATURE_COLUMNS,
    .type = feature_type_ids,
    .make = cross_make,
    .encode = cross_encode,
    .ids = cross_ids,
    .free = free,
};
