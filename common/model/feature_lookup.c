// lookup: a vocabulary of terms, as Keras' StringLookup and IntegerLookup. An integer is looked up by its decimal text.
#include "common/model/feature.h"
#include "common/model/terms.h"

static void *lookup_make(const struct feature *feature, const struct config *config)
{
    call_known(&feature->config->encode, TERMS_KEYS ", from", 0);
    struct terms *terms = memory_zeros(1, sizeof *terms);
    terms_init(terms, feature, config->tfrs);
    terms->integers = feature_is_integer(feature, config);
    return terms;
}

static void lookup_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct arena arena = {0};
    const struct cells *texts = feature_texts(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows; i++)
        if (!terms_is_mask(state, cells_text(texts, i)))
            terms_add(state, cells_text(texts, i), counts[i]);
    arena_free(&arena);
}

static struct cells lookup_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct cells *texts = feature_texts(feature, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++)
        ids[i] = terms_id(state, cells_text(texts, i));
    return (struct cells){.values = ids, .n = rows->rows};
}

const struct feature_kind feature_lookup = {
    .name = "lookup",
    .arguments = TERMS_ARGUMENTS ", from=",
    .help = "a vocabulary of terms, most frequent first, as Keras' StringLookup and IntegerLookup",
    .table = "vocab",
    .make = lookup_make,
    .fit = lookup_fit,
    .fitted = terms_fitted,
    .extend = terms_extend,
    .type = feature_type_ids,
    .encode = lookup_encode,
    .ids = terms_ids,
    .save = terms_save,
    .load = terms_load,
    .free = terms_free,
};
