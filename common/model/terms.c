#include "common/model/terms.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/fingerprint.h"
#include "common/base/sort.h"
#include "common/base/utf8.h"
#include "common/stream/builder.h"

static size_t first_term(const struct terms *terms)
{
    return terms->mask + terms->oov;
}

void terms_init(struct terms *terms, const struct feature *feature, bool tfrs)
{
    const struct call *call = &feature->config->encode;
    terms->feature = feature;
    terms->max = call_count(call, "max", 0, 0, INT32_MAX);
    terms->min_count = call_count(call, "min_count", tfrs ? 0 : 1, 0, INT32_MAX);
    terms->oov = call_count(call, "oov", 1, 0, INT32_MAX / 2);
    terms->mask = call_flag(call, "mask", false);
    if (terms->max != 0 && terms->max <= first_term(terms))
        die(EXIT_INPUT, "%s: feature %s: %s(max=%zu) leaves no id for a term", feature->config->place, quoted_text(feature->config->name),
            call->name, terms->max);
    terms->map = map_new();
}

void terms_free(void *state)
{
    struct terms *terms = state;
    map_free(terms->map);
    free(terms->counts);
    free(terms);
}

void terms_add(struct terms *terms, struct text term, uint64_t count)
{
    size_t before = map_size(terms->map);
    uint32_t number = map_add(terms->map, term.data, term.length);
    if (number == before) {
        terms->counts = memory_grow(terms->counts, &terms->capacity, before + 1, sizeof *terms->counts);
        terms->counts[number] = 0;
    }
    terms->counts[number] += count;
}

// The numbers of the terms that have no place yet, best first; keys (n) become the complements of their counts.
static uint32_t *in_order(const struct terms *terms, uint64_t *keys, size_t *n)
{
    uint32_t *order = map_sorted(terms->map);
    size_t all = map_size(terms->map);
    *n = 0;
    for (size_t i = 0; i < all / 2; i++) {
        uint32_t swap = order[i];
        order[i] = order[all - 1 - i];
        order[all - 1 - i] = swap;
    }
    for (size_t i = 0; i < all; i++)
        if (order[i] >= terms->kept) {
            keys[*n] = ~terms->counts[order[i]];
            order[(*n)++] = order[i];
        }
    sort_keys(keys, order, *n);
    return order;
}

static struct text term_of(const struct map *map, uint32_t number)
{
    struct text term;
    term.data = map_key(map, number, &term.length);
    return term;
}

void terms_fitted(const struct feature *feature, void *state)
{
    (void)feature;
    struct terms *terms = state;
    struct map *all = terms->map;
    uint64_t *counts = terms->counts, *keys = memory_aligned(map_size(all), sizeof *keys);
    size_t n, room = terms->max != 0 ? terms->max - first_term(terms) : SIZE_MAX;
    uint32_t *order = in_order(terms, keys, &n);
    terms->map = map_new();
    terms->counts = NULL;
    terms->capacity = 0;
    for (uint32_t i = 0; i < terms->kept; i++)
        terms_add(terms, term_of(all, i), counts[i]);
    for (size_t i = 0; i < n && map_size(terms->map) < room && ~keys[i] >= terms->min_count; i++)
        terms_add(terms, term_of(all, order[i]), ~keys[i]);
    map_free(all);
    free(counts);
    free(keys);
    free(order);
}

void terms_extend(void *state)
{
    struct terms *terms = state;
    terms->kept = map_size(terms->map);
    for (size_t i = 0; i < terms->kept; i++)
        terms->counts[i] = 0;
}

static _Noreturn void unknown_term(const struct terms *terms, struct text term)
{
    die(EXIT_INPUT, "feature %s: %s is not in its vocabulary, and %s(oov=0) has no id for unknown terms",
        quoted_text(terms->feature->config->name), quoted(term.data, term.length), terms->feature->config->encode.name);
}

// The decimal digits of an integer, perhaps with a minus; false for any other text.
static bool remainder_of(struct text term, size_t n, size_t *remainder)
{
    bool negative = term.length > 0 && term.data[0] == '-';
    size_t rest = 0, first = negative;
    for (size_t i = first; i < term.length; i++) {
        if (term.data[i] < '0' || term.data[i] > '9')
            return false;
        rest = (rest * 10 + (size_t)(term.data[i] - '0')) % n;
    }
    *remainder = negative && rest > 0 ? n - rest : rest;
    return term.length > first;
}

uint32_t terms_id(const struct terms *terms, struct text term)
{
    uint32_t number;
    if (terms_is_mask(terms, term))
        return 0;
    if (map_find(terms->map, term.data, term.length, &number))
        return (uint32_t)first_term(terms) + number;
    if (terms->oov == 0)
        unknown_term(terms, term);
    if (terms->oov == 1)
        return terms->mask;
    size_t which;
    if (!terms->integers || !remainder_of(term, terms->oov, &which))
        which = fingerprint(term.data, term.length) % terms->oov;
    return terms->mask + (uint32_t)which;
}

size_t terms_ids(const void *state)
{
    const struct terms *terms = state;
    return first_term(terms) + map_size(terms->map);
}

void terms_save(const void *state, const char *table, struct writer *out)
{
    const struct terms *terms = state;
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, "token", type_of("str"));
    schema_add(schema, &arena, "count", type_of("u64"));
    struct builder *builder = builder_new(schema);
    for (uint32_t i = 0; i < map_size(terms->map); i++) {
        struct text term = term_of(terms->map, i);
        builder_text(builder, 0, term.data, term.length);
        builder_value(builder, 1, &terms->counts[i]);
        builder_row(builder);
        if (builder_full(builder))
            builder_flush(builder, out);
    }
    builder_flush(builder, out);
    builder_free(builder);
    arena_free(&arena);
}

void terms_load(const struct feature *feature, void *state, const struct frame *frame)
{
    (void)feature;
    struct terms *terms = state;
    const struct cells *tokens = frame_column(frame, "token", "str");
    const uint64_t *counts = frame_column(frame, "count", "u64")->values;
    const char *table = quoted_text(frame->schema->table);
    for (size_t i = 0; i < frame->rows; i++) {
        struct text term = cells_text(tokens, i);
        size_t row = map_size(terms->map);
        if (!utf8_valid(term.data, term.length, NULL))  // a mapped stream was not checked yet
            die(EXIT_INPUT, "%s: table %s: row %zu: a term that is no UTF-8", frame->place, table, row);
        terms_add(terms, term, counts[i]);
        if (map_size(terms->map) == row)
            die(EXIT_INPUT, "%s: table %s: term %s is there twice", frame->place, table, quoted(term.data, term.length));
    }
}

void id_lists_add(struct id_lists *lists, uint32_t id)
{
    lists->ids = memory_grow(lists->ids, &lists->ids_room, lists->n + 1, sizeof *lists->ids);
    lists->ids[lists->n++] = id;
}

void id_lists_row(struct id_lists *lists)
{
    lists->lists = memory_grow(lists->lists, &lists->lists_room, lists->rows + 2, sizeof *lists->lists);
    lists->lists[0] = 0;
    if (lists->n > INT32_MAX)
        die(EXIT_INPUT, "lists of more than %d ids in a table", INT32_MAX);
    lists->lists[++lists->rows] = (uint32_t)lists->n;
}

struct cells id_lists_cells(struct id_lists *lists, struct arena *arena)
{
    uint32_t *starts = arena_zeros(arena, lists->rows + 1, sizeof *starts), *ids = arena_array(arena, lists->n, sizeof *ids);
    if (lists->rows > 0)
        memcpy(starts, lists->lists, (lists->rows + 1) * sizeof *starts);
    if (lists->n > 0)
        memcpy(ids, lists->ids, lists->n * sizeof *ids);
    struct cells cells = {.lists = starts, .values = ids, .n = lists->n};
    free(lists->lists);
    free(lists->ids);
    *lists = (struct id_lists){0};
    return cells;
}
