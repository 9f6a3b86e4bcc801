// text: the words of a text as a list of ids, as Keras' TextVectorization.
//
// Ids are Keras': 0 is its padding, which never stands in a list; 1 an unknown word; then come the words, as of lookup. So `max` is
// its max_tokens. An empty text is an empty list.
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/terms.h"
#include "common/text/words.h"

struct text_state {
    struct terms terms;    // first, see terms.h
    struct words words;    // how to split; what it finds is in copies of it
    size_t length;         // words of a row at most
};

static size_t choice(const struct feature *feature, const char *key, const char *const *words, size_t n)
{
    const char *value = call_text(&feature->config->encode, key);
    char known[128] = "";
    for (size_t i = 0; i < n; i++) {
        if (value == NULL || strcmp(value, words[i]) == 0)
            return i;
        strcat(strcat(known, i == 0 ? "" : ", "), words[i]);
    }
    die(EXIT_INPUT, "%s: feature %s: %s is %s, wanted one of %s", feature->config->place, quoted_text(feature->config->name), key,
        quoted_text(value), known);
}

static void *text_make(const struct feature *feature, const struct config *config)
{
    static const char *const standards[] = {"lower_and_strip", "lower", "strip", "none"}, *const splits[] = {"whitespace", "character", "none"};
    const struct call *call = &feature->config->encode;
    call_known(call, "max, min_count, ngrams, split, standardize, length, from", 0);
    struct text_state *text = memory_zeros(1, sizeof *text);
    terms_init(&text->terms, feature, config->tfrs);
    text->terms.mask = true;
    if (text->terms.max != 0 && text->terms.max < 3)
        die(EXIT_INPUT, "%s: feature %s: text(max=%zu) leaves no id for a word: 0 and 1 are taken", feature->config->place,
            quoted_text(feature->config->name), text->terms.max);
    size_t standard = choice(feature, "standardize", standards, 4);
    text->words.lower = standard <= 1;
    text->words.strip = standard == 0 || standard == 2;
    text->words.split = (enum words_split)choice(feature, "split", splits, 3);
    text->words.ngrams = call_count(call, "ngrams", 1, 1, 16);
    text->length = call_count(call, "length", SIZE_MAX, 1, UINT32_MAX);
    return text;
}

static size_t words_of(struct words *words, const struct cells *texts, size_t row)
{
    struct text given = cells_text(texts, row);
    return words_find(words, given.data, given.length);
}

static void text_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct text_state *text = state;
    struct words words = text->words;
    struct arena arena = {0};
    const struct cells *texts = feature_texts(feature, rows, &arena);
    for (size_t i = 0; i < rows->rows; i++)
        for (size_t j = 0, n = terms_count(&text->terms, counts[i]) ? words_of(&words, texts, i) : 0; j < n; j++)
            terms_add(&text->terms, (struct text){words.found[j].data, words.found[j].length}, counts[i]);
    words_free(&words);
    arena_free(&arena);
}

static struct cells text_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct text_state *text = state;
    struct words words = text->words;
    struct id_lists out = {0};
    const struct cells *texts = feature_texts(feature, rows, arena);
    for (size_t i = 0; i < rows->rows; i++) {
        for (size_t j = 0, n = words_of(&words, texts, i); j < n && j < text->length; j++)
            id_lists_add(&out, terms_id(&text->terms, (struct text){words.found[j].data, words.found[j].length}));
        id_lists_row(&out);
    }
    words_free(&words);
    return id_lists_cells(&out, arena);
}

const struct feature_kind feature_text = {
    .name = "text",
    .arguments = "max=, min_count=1, ngrams=1, split=whitespace|character|none, standardize=lower_and_strip|lower|strip|none, length=, from=",
    .help = "the words of a text, as Keras' TextVectorization; of each row the first `length`",
    .table = "vocab",
    .type = feature_type_list,
    .make = text_make,
    .fit = text_fit,
    .fitted = terms_fitted,
    .extend = terms_extend,
    .encode = text_encode,
    .ids = terms_ids,
    .save = terms_save,
    .load = terms_load,
    .free = terms_free,
};
