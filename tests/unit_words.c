#include "common/text/words.h"

#include "tests/golden.h"
#include "tests/unit.h"

static void same_words(const struct words *words, size_t n, const char *const *wanted, size_t n_wanted)
{
    EQUAL(n, n_wanted);
    for (size_t i = 0; i < n; i++) {
        char found[256];
        snprintf(found, sizeof found, "%.*s", (int)words->found[i].length, words->found[i].data);
        SAME_TEXT(found, wanted[i]);
    }
}

#define WORDS_ARE(words, text, ...) do { const char *const wanted_[] = {__VA_ARGS__}; \
        same_words(&(words), words_find(&(words), (text), strlen(text)), wanted_, sizeof wanted_ / sizeof *wanted_); } while (0)

static void as_keras_standardizes_and_splits(void)
{
    json_t *golden = golden_open("encoders");
    struct words words = {.lower = true, .strip = true}, whole = {.lower = true, .strip = true, .split = WORDS_WHOLE};
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        if (strcmp(golden_name(golden, i), "lower_and_strip_punctuation") != 0)
            continue;
        json_t *texts = json_object_get(golden_inputs(golden, i), "strings");
        json_t *tokens = json_object_get(golden_outputs(golden, i), "tokens"), *lowered = json_object_get(golden_outputs(golden, i), "standardized");
        for (size_t j = 0; j < json_array_size(texts); j++, cases++) {
            json_t *text = json_array_get(texts, j), *wanted = json_array_get(tokens, j);
            const char *list[64], *standardized = json_string_value(json_array_get(lowered, j));
            for (size_t k = 0; k < json_array_size(wanted); k++)
                list[k] = json_string_value(json_array_get(wanted, k));
            same_words(&words, words_find(&words, json_string_value(text), json_string_length(text)), list, json_array_size(wanted));
            same_words(&whole, words_find(&whole, json_string_value(text), json_string_length(text)), &standardized, standardized[0] != '\0');
        }
    }
    EQUAL(cases, 36);
    words_free(&words);
    words_free(&whole);
    json_decref(golden);
}

static void ngrams_follow_the_words(void)
{
    struct words words = {.lower = true, .strip = true, .ngrams = 3};
    WORDS_ARE(words, "A b, C d!", "a", "b", "c", "d", "a b", "b c", "c d", "a b c", "b c d");
    WORDS_ARE(words, "one", "one");
    WORDS_ARE(words, "one two", "one", "two", "one two");
    EQUAL(words_find(&words, " \t", 2), 0);
    EQUAL(words_find(&words, "?!", 2), 0);
    EQUAL(words_find(&words, NULL, 0), 0);
    words_free(&words);
}

static void characters_are_code_points(void)
{
    struct words words = {.split = WORDS_CHARACTER, .ngrams = 2};
    WORDS_ARE(words, "\xc3\x89" "a\xe6\x97\xa5", "\xc3\x89", "a", "\xe6\x97\xa5", "\xc3\x89 a", "a \xe6\x97\xa5");
    words_free(&words);
}

static void only_ascii_is_touched(void)
{
    struct words words = {.lower = true, .strip = true};
    WORDS_ARE(words, "\xc2\xabX\xc2\xbb \xe2\x80\x93 \xc3\x89" "A\xc2\xa0" "B", "\xc2\xabx\xc2\xbb", "\xe2\x80\x93", "\xc3\x89" "a\xc2\xa0" "b");
    struct words kept = {.lower = false, .strip = false};
    WORDS_ARE(kept, "It's\va\fTest", "It's", "a", "Test");
    words_free(&words);
    words_free(&kept);
}

UNIT_MAIN(UNIT(as_keras_standardizes_and_splits), UNIT(ngrams_follow_the_words), UNIT(characters_are_code_points), UNIT(only_ascii_is_touched))
