// hash: terms spread over `bins` ids without a vocabulary, as Keras' Hashing. An integer is hashed by its decimal text.
#include <stdlib.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/salt.h"

struct hash {
    size_t bins;
    struct salt salt;
    bool mask;         // id 0 is the empty text, and no other
};

static void *hash_make(const struct feature *feature, const struct config *config)
{
    (void)config;
    const struct call *call = &feature->config->encode;
    call_known(call, "bins, salt, mask, from", 0);
    struct hash *hash = memory_zeros(1, sizeof *hash);
    hash->bins = feature_need_count(feature, "bins", 1, INT32_MAX);
    hash->salt = salt_of(call);
    hash->mask = call_flag(call, "mask", false);
    if (hash->mask && hash->bins < 2)
        die(EXIT_INPUT, "%s: feature %s: hash(bins=1, mask=yes) leaves no id for a term", feature->config->place,
            quoted_text(feature->config->name));
    return hash;
}

static struct cells hash_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct hash *hash = state;
    const struct cells *texts = feature_texts(feature, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++) {
        struct text text = cells_text(texts, i);
        if (hash->mask && text.length == 0)
            ids[i] = 0;
        else
            ids[i] = hash->mask + (uint32_t)(salt_hash(&hash->salt, text.data, text.length) % (hash->bins - hash->mask));
    }
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t hash_ids(const void *state)
{
    return ((const struct hash *)state)->bins;
}

const struct feature_kind feature_hash = {
    .name = "hash",
    .arguments = "bins=N, salt=, mask=no, from=",
    .help = "terms hashed into bins, by FarmHash or, with a salt, SipHash, as Keras' Hashing",
    .type = feature_type_ids,
    .make = hash_make,
    .encode = hash_encode,
    .ids = hash_ids,
    .free = free,
};
