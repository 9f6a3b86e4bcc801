// list: several terms a row, such as genres or a cast, with a vocabulary as of lookup, and perhaps a weight each.
//
// A masked term is left out of its list, and its weight with it. With `weights` the column of that name has as many numbers a row as
// there are terms: f32*, or str* whose texts are numbers.
#include <math.h>
#include <stdio.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/terms.h"
#include "common/text/numbers.h"

struct list {
    struct terms terms;    // first, see terms.h
    size_t length;         // terms of a row at most
    const char *weights;   // column, or NULL
};

static void *list_make(const struct feature *feature, const struct config *config)
{
    const struct call *call = &feature->config->encode;
    call_known(call, TERMS_KEYS ", length, weights, from", 0);
    struct list *list = memory_zeros(1, sizeof *list);
    terms_init(&list->terms, feature, config->tfrs);
    list->length = call_count(call, "length", UINT32_MAX, 1, UINT32_MAX);
    list->weights = call_text(call, "weights");
    return list;
}

static void list_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct list *list = state;
    struct arena arena = {0};
    const struct cells *items = feature_items(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows; i++)
        for (uint32_t j = items->lists[i]; terms_count(&list->terms, counts[i]) && j < items->lists[i + 1] && j - items->lists[i] < list->length; j++)
            if (!terms_is_mask(&list->terms, cells_text(items, j)))
                terms_add(&list->terms, cells_text(items, j), counts[i]);
    arena_free(&arena);
}

static struct cells list_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct list *list = state;
    const struct cells *items = feature_items(feature, rows, arena);
    struct id_lists out = {0};
    for (size_t i = 0; i < rows->rows; i++) {
        for (uint32_t j = items->lists[i]; j < items->lists[i + 1] && j - items->lists[i] < list->length; j++)
            if (!terms_is_mask(&list->terms, cells_text(items, j)))
                id_lists_add(&out, terms_id(&list->terms, cells_text(items, j)));
        id_lists_row(&out);
    }
    return id_lists_cells(&out, arena);
}

static bool list_weighted(const void *state)
{
    return ((const struct list *)state)->weights != NULL;
}

static _Noreturn void bad_weights(const struct feature *feature, const struct frame *rows, size_t row, const char *why)
{
    const struct list *list = feature->state;
    die(EXIT_INPUT, "%s%stable %s: row %zu: column %s: %s, as weights of feature %s", rows->place != NULL ? rows->place : "",
        rows->place != NULL ? ": " : "", quoted_text(rows->schema->table), row, quoted_text(list->weights), why,
        quoted_text(feature->config->name));
}

// The numbers of the column of weights: (cells->n).
static const float *numbers_of(const struct feature *feature, const struct frame *rows, const struct cells **cells, struct arena *arena)
{
    const struct list *list = feature->state;
    size_t column = schema_find(rows->schema, list->weights);
    if (column == SIZE_MAX || rows->schema->columns[column].type.element != ELEMENT_STR) {
        *cells = frame_column(rows, list->weights, "f32*");
        return (*cells)->values;
    }
    *cells = frame_column(rows, list->weights, "str*");
    float *numbers = arena_array(arena, (*cells)->n, sizeof *numbers);
    for (size_t row = 0; row < rows->rows; row++)
        for (uint32_t j = (*cells)->lists[row]; j < (*cells)->lists[row + 1]; j++) {
            struct text text = cells_text(*cells, j);
            char digits[64];
            snprintf(digits, sizeof digits, "%.*s", (int)(text.length < 60 ? text.length : 60), text.data);
            if (!number_f32(digits, text.length, &numbers[j]))
                bad_weights(feature, rows, row, "a text that is no number");
        }
    return numbers;
}

static struct cells list_weights(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct list *list = state;
    const struct cells *items = feature_items(feature, rows, arena), *given;
    const float *numbers = numbers_of(feature, rows, &given, arena);
    float *weights = arena_array(arena, items->n, sizeof *weights);
    uint32_t *lists = arena_zeros(arena, rows->rows + 1, sizeof *lists);
    size_t n = 0;
    for (size_t i = 0; i < rows->rows; i++) {
        if (given->lists[i + 1] - given->lists[i] != items->lists[i + 1] - items->lists[i])
            bad_weights(feature, rows, i, "another number of weights than of terms");
        for (uint32_t j = items->lists[i], k = given->lists[i]; j < items->lists[i + 1] && j - items->lists[i] < list->length; j++, k++) {
            if (!(numbers[k] >= 0 && isfinite(numbers[k])))
                bad_weights(feature, rows, i, "a weight that is negative or not finite");
            if (!terms_is_mask(&list->terms, cells_text(items, j)))
                weights[n++] = numbers[k];
        }
        lists[i + 1] = (uint32_t)n;
    }
    return (struct cells){.lists = lists, .values = weights, .n = n};
}

const struct feature_kind feature_list = {
    .name = "list",
    .arguments = TERMS_ARGUMENTS ", length=, weights=, from=",
    .help = "several terms a row, with a vocabulary as of lookup; of each row the first `length`, with the column of weights",
    .table = "vocab",
    .input = FEATURE_LIST,
    .type = feature_type_list,
    .make = list_make,
    .fit = list_fit,
    .fitted = terms_fitted,
    .extend = terms_extend,
    .encode = list_encode,
    .weighted = list_weighted,
    .weights = list_weights,
    .ids = terms_ids,
    .save = terms_save,
    .load = terms_load,
    .free = terms_free,
};
