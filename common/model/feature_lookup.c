// lookup: a vocabulary of terms, as Keras' StringLookup.
//
// Ids: with mask=yes 0 is the empty text, then come the ids of unknown terms, then the terms by count descending and, among equals,
// by bytes descending: that is the order of Keras' adapt(). An unknown term takes the one id for them or, with several, the one
// that its FarmHash fingerprint chooses; with none it is an error. An integer is looked up by its decimal text.
#include <stdlib.h>

#include "common/base/die.h"
#include "common/base/fingerprint.h"
#include "common/base/map.h"
#include "common/base/sort.h"
#include "common/base/utf8.h"
#include "common/model/feature.h"

struct lookup {
    size_t max;          // ids at most; 0: no limit
    size_t min_count, oov;
    bool mask;           // the empty text has an id of its own
    struct map *terms;   // number: the id without mask and oov
    uint64_t *counts;    // (terms)
    size_t capacity;
};

static size_t first_term(const struct lookup *lookup)
{
    return lookup->mask + lookup->oov;
}

static void *lookup_make(const struct feature *feature, bool tfrs)
{
    const struct call *call = &feature->config->encode;
    call_known(call, "max, min_count, oov, mask, from", 0);
    struct lookup *lookup = memory_zeros(1, sizeof *lookup);
    lookup->max = call_count(call, "max", 0, 0, INT32_MAX);
    lookup->min_count = call_count(call, "min_count", tfrs ? 0 : 1, 0, INT32_MAX);
    lookup->oov = call_count(call, "oov", 1, 0, INT32_MAX / 2);
    lookup->mask = call_flag(call, "mask", false);
    if (lookup->max != 0 && lookup->max <= first_term(lookup))
        die(EXIT_INPUT, "%s: feature %s: lookup(max=%zu) leaves no id for a term", feature->config->place,
            quoted_text(feature->config->name), lookup->max);
    lookup->terms = map_new();
    return lookup;
}

static bool is_mask(const struct lookup *lookup, struct text term)
{
    return lookup->mask && term.length == 0;
}

static void add(struct lookup *lookup, struct text term, uint64_t count)
{
    size_t before = map_size(lookup->terms);
    uint32_t number = map_add(lookup->terms, term.data, term.length);
    if (number == before) {
        lookup->counts = memory_grow(lookup->counts, &lookup->capacity, before + 1, sizeof *lookup->counts);
        lookup->counts[number] = 0;
    }
    lookup->counts[number] += count;
}

static void lookup_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct lookup *lookup = state;
    struct arena arena = {0};
    const struct cells *terms = frame_texts(rows, feature->config->from, &arena);
    for (size_t i = 0; i < rows->rows; i++)
        if (!is_mask(lookup, cells_text(terms, i)))
            add(lookup, cells_text(terms, i), counts[i]);
    arena_free(&arena);
}

// Puts the terms in order and drops those that are too rare or too many.
static void lookup_fitted(const struct feature *feature, void *state)
{
    (void)feature;
    struct lookup *lookup = state;
    size_t n = map_size(lookup->terms), room = lookup->max != 0 ? lookup->max - first_term(lookup) : SIZE_MAX;
    uint32_t *order = map_sorted(lookup->terms);
    uint64_t *keys = memory_aligned(n, sizeof *keys);
    for (size_t i = 0; i < n / 2; i++) {
        uint32_t swap = order[i];
        order[i] = order[n - 1 - i];
        order[n - 1 - i] = swap;
    }
    for (size_t i = 0; i < n; i++)
        keys[i] = ~lookup->counts[order[i]];
    sort_keys(keys, order, n);

    struct map *all = lookup->terms;
    lookup->terms = map_new();
    free(lookup->counts);
    lookup->counts = NULL;
    lookup->capacity = 0;
    for (size_t i = 0; i < n && i < room && ~keys[i] >= lookup->min_count; i++) {
        struct text term;
        term.data = map_key(all, order[i], &term.length);
        add(lookup, term, ~keys[i]);
    }
    map_free(all);
    free(keys);
    free(order);
}

static _Noreturn void unknown_term(const struct feature *feature, struct text term)
{
    die(EXIT_INPUT, "feature %s: %s is not in its vocabulary, and lookup(oov=0) has no id for unknown terms",
        quoted_text(feature->config->name), quoted(term.data, term.length));
}

static uint32_t id_of(const struct feature *feature, const struct lookup *lookup, struct text term)
{
    uint32_t number;
    if (is_mask(lookup, term))
        return 0;
    if (map_find(lookup->terms, term.data, term.length, &number))
        return (uint32_t)first_term(lookup) + number;
    if (lookup->oov == 0)
        unknown_term(feature, term);
    return lookup->mask + (lookup->oov == 1 ? 0 : (uint32_t)(fingerprint(term.data, term.length) % lookup->oov));
}

static struct cells lookup_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct cells *terms = frame_texts(rows, feature->config->from, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++)
        ids[i] = id_of(feature, state, cells_text(terms, i));
    return (struct cells){.values = ids, .n = rows->rows};
}

static size_t lookup_ids(const void *state)
{
    const struct lookup *lookup = state;
    return first_term(lookup) + map_size(lookup->terms);
}

static void lookup_save(const void *state, const char *table, struct writer *out)
{
    const struct lookup *lookup = state;
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, "token", type_of("str"));
    schema_add(schema, &arena, "count", type_of("u64"));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < map_size(lookup->terms); i++) {
        size_t length;
        const char *term = map_key(lookup->terms, (uint32_t)i, &length);
        builder_text(builder, 0, term, length);
        builder_value(builder, 1, &lookup->counts[i]);
        builder_row(builder);
        if (builder_full(builder))
            builder_flush(builder, out);
    }
    builder_flush(builder, out);
    builder_free(builder);
    arena_free(&arena);
}

static void lookup_load(const struct feature *feature, void *state, const struct frame *frame)
{
    struct lookup *lookup = state;
    const struct cells *terms = frame_column(frame, "token", "str");
    const uint64_t *counts = frame_column(frame, "count", "u64")->values;
    for (size_t i = 0; i < frame->rows; i++) {
        struct text term = cells_text(terms, i);
        size_t row = map_size(lookup->terms);
        if (!utf8_valid(term.data, term.length, NULL))  // a mapped stream was not checked yet
            die(EXIT_INPUT, "%s: table %s: row %zu: a term that is no UTF-8", frame->place, quoted_text(feature->table), row);
        add(lookup, term, counts[i]);
        if (map_size(lookup->terms) == row)
            die(EXIT_INPUT, "%s: table %s: term %s is there twice", frame->place, quoted_text(feature->table),
                quoted(term.data, term.length));
    }
}

static void lookup_free(void *state)
{
    struct lookup *lookup = state;
    map_free(lookup->terms);
    free(lookup->counts);
    free(lookup);
}

const struct feature_kind feature_lookup = {
    .name = "lookup",
    .arguments = "max=, min_count=, oov=1, mask=no, from=",
    .help = "a vocabulary of terms, most frequent first, as Keras' StringLookup",
    .type = "u32",
    .make = lookup_make,
    .fit = lookup_fit,
    .fitted = lookup_fitted,
    .encode = lookup_encode,
    .ids = lookup_ids,
    .save = lookup_save,
    .load = lookup_load,
    .free = lookup_free,
};
