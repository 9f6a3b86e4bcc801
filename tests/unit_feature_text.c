#include "tests/features.h"

// The call for one of Keras' configurations.
static const char *text_call(struct arena *arena, json_t *config)
{
    static const char *const names[][2] = {{"lower_and_strip_punctuation", "lower_and_strip"}, {"lower", "lower"}, {"strip_punctuation", "strip"}};
    const char *call = arena_printf(arena, "text(min_count=0"), *key;
    json_t *value;
    json_object_foreach(config, key, value) {
        const char *word = json_is_string(value) ? json_string_value(value) : "none";
        for (size_t i = 0; i < 3; i++)
            if (strcmp(word, names[i][0]) == 0)
                word = names[i][1];
        if (json_is_integer(value))
            call = arena_printf(arena, "%s, %s=%lld", call, strcmp(key, "max_tokens") == 0 ? "max" :
                                strcmp(key, "output_sequence_length") == 0 ? "length" : key, (long long)json_integer_value(value));
        else
            call = arena_printf(arena, "%s, %s=%s", call, key, word);
    }
    return arena_printf(arena, "%s)", call);
}

static void as_keras_vectorizes(void)
{
    json_t *golden = golden_open("encoders");
    struct arena arena = {0};
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        json_error_t error;
        if (strncmp(golden_name(golden, i), "text_vectorization ", 19) != 0)
            continue;
        json_t *inputs = golden_inputs(golden, i), *outputs = golden_outputs(golden, i);
        json_t *config = json_loads(strchr(golden_name(golden, i), '{'), 0, &error);
        const char *call = text_call(&arena, config);
        struct feature *feature = feature_of(call), *copy;
        fit_ones(feature, column_of("str", json_object_get(inputs, "adapt_on")));
        EQUAL(feature_ids(feature), json_array_size(json_object_get(outputs, "vocabulary")));
        lists_are(feature, column_of("str", json_object_get(inputs, "query")), json_object_get(outputs, "ids"), 0);
        copy = reloaded(feature, call);
        lists_are(copy, column_of("str", json_object_get(inputs, "query")), json_object_get(outputs, "ids"), 0);
        feature_free(copy);
        feature_free(feature);
        json_decref(config);
        cases++;
    }
    EQUAL(cases, 9);
    arena_free(&arena);
    json_decref(golden);
}

static void empty_texts(void)
{
    struct feature *feature = feature_of("text()");
    fit_ones(feature, column_of("str", json_pack("[sss]", "", "?!", "  ")));
    EQUAL(feature_ids(feature), 2);
    lists_are(feature, column_of("str", json_pack("[ss]", "", "x")), json_pack("[[],[i]]", 1), -1);
    feature_free(feature);
    feature = feature_of("text()\ndefault = no words");
    const struct frame *rows = column_of("str", json_pack("[ss]", "", "words"));
    fit_ones(feature, rows);
    lists_are(feature, rows, json_pack("[[ii],[i]]", 3, 2, 2), -1);
    EQUAL(feature_missing(feature, rows), 1);
    feature_free(feature);
    struct arena arena = {0};
    feature = feature_of("text()");
    fit_ones(feature, column_of("str", json_pack("[s]", "a b")));
    EQUAL(feature_encode_text(feature, "", 0, &arena).n, 0);
    EQUAL(feature_encode_text(feature, "b?", 2, &arena).n, 1);
    feature_free(feature);
    arena_free(&arena);
}

static json_t *genres(void)
{
    return json_pack("[[s,s],[s],[],[s,s,s]]", "drama", "comedy", "drama", "war", "drama", "comedy");
}

static void lists_of_terms(void)
{
    struct feature *feature = feature_of("list()"), *copy;
    const struct frame *rows = column_of("str*", genres());
    fit_ones(feature, rows);
    json_t *wanted = json_pack("[[i,i],[i],[],[i,i,i]]", 1, 2, 1, 3, 1, 2);
    lists_are(feature, rows, wanted, -1);
    copy = reloaded(feature, "list()");
    lists_are(copy, rows, wanted, -1);
    feature_free(copy);
    feature_free(feature);
    feature = feature_of("list(length=1, max=2)\ndefault = none");
    fit_ones(feature, rows);  // drama twice, war and none once
    lists_are(feature, rows, json_pack("[[i],[i],[i],[i]]", 1, 1, 0, 0), -1);
    EQUAL(feature_missing(feature, rows), 1);
    feature_free(feature);
    feature = feature_of("list(mask=yes)");  // a masked term is left out
    rows = column_of("str*", json_pack("[[s,s],[s]]", "", "a", ""));
    fit_ones(feature, rows);
    lists_are(feature, rows, json_pack("[[i],[]]", 2), -1);
    struct arena arena = {0};
    EQUAL(feature_encode_text(feature, "", 0, &arena).n, 0);
    EQUAL(*(const uint32_t *)feature_encode_text(feature, "a", 1, &arena).values, 2);
    arena_free(&arena);
    feature_free(feature);
}

static const struct frame *weighted(json_t *items, const char *type, json_t *weights)
{
    const char *const names[] = {"x", "w"}, *types[] = {"str*", type};
    json_t *values[] = {items, weights};
    return columns_of(2, names, types, values);
}

static void lists_with_weights(void)
{
    json_t *as_numbers = json_pack("[[f,f],[f],[],[f,f,f]]", 1., .5, 2., 0., .25, 4.);
    json_t *as_texts = json_pack("[[s,s],[s],[],[s,s,s]]", "1", "0.5", "2", "0", ".25", "4e0");
    for (size_t i = 0; i < 2; i++) {
        struct feature *feature = feature_of("list(weights=w, length=2)");
        const struct frame *rows = weighted(genres(), i == 0 ? "f32*" : "str*", i == 0 ? as_numbers : as_texts);
        struct arena arena = {0};
        fit_ones(feature, rows);
        CHECK(feature_weighted(feature));
        struct cells ids = feature_encode(feature, rows, &arena), weights = feature_weights(feature, rows, &arena);
        EQUAL(weights.n, ids.n);
        CHECK(memcmp(ids.lists, weights.lists, 5 * sizeof *ids.lists) == 0);
        static const float wanted[] = {1, .5f, 2, 0, .25f};
        CHECK(memcmp(weights.values, wanted, sizeof wanted) == 0);
        arena_free(&arena);
        feature_free(feature);
    }
}

static void weigh(const char *type, json_t *weights)
{
    struct feature *feature = feature_of("list(weights=w)");
    const struct frame *rows = weighted(json_pack("[[s]]", "a"), type, weights);
    struct arena arena = {0};
    fit_ones(feature, rows);
    (void)feature_weights(feature, rows, &arena);
}

static void too_many_weights(void) { weigh("f32*", json_pack("[[f,f]]", 1., 1.)); }
static void negative_weight(void) { weigh("f32*", json_pack("[[f]]", -1.)); }
static void nan_weight(void) { weigh("f32*", json_pack("[[s]]", "nan")); }
static void bad_weight(void) { weigh("str*", json_pack("[[s]]", "heavy")); }
static void no_split(void) { feature_of("text(split=words)"); }
static void no_standard(void) { feature_of("text(standardize=upper)"); }
static void no_room(void) { feature_of("text(max=2)"); }
static void unknown(void) { feature_of("text(ngram=2)"); }
static void no_list(void) { fit_ones(feature_of("list()"), column_of("str", json_pack("[s]", "a"))); }

static void refused(void)
{
    COMPLAINS(3, "row 0: column \"w\": another number of weights than of terms, as weights of feature \"x\"", too_many_weights);
    COMPLAINS(3, "negative or not finite", negative_weight);
    COMPLAINS(3, "negative or not finite", nan_weight);
    COMPLAINS(3, "a text that is no number", bad_weight);
    COMPLAINS(3, "split is \"words\", wanted one of whitespace, character, none", no_split);
    COMPLAINS(3, "standardize is \"upper\"", no_standard);
    COMPLAINS(3, "leaves no id for a word", no_room);
    COMPLAINS(3, "did you mean ngrams", unknown);
    COMPLAINS(3, "column \"x\" is str, wanted str*", no_list);
}

UNIT_MAIN(UNIT(as_keras_vectorizes), UNIT(empty_texts), UNIT(lists_of_terms), UNIT(lists_with_weights), UNIT(refused))
