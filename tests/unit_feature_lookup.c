#include "common/model/feature.h"
#include "common/stream/builder.h"

#include "tests/golden.h"
#include "tests/unit.h"

static struct feature *lookup_of(const char *encode, const char *compat)
{
    static struct arena arena;
    struct config *config = config_from_text(arena_printf(&arena,
        "compat = %s\n[table r]\npath = r\nheader = yes\n[data]\ninteractions = r\nquery = u\ncandidate = i\n[feature i]\nencode = %s\n",
        compat, encode), "test");
    return feature_new(config, config_feature(config, "i"));
}

// A frame with the column of texts; freed with its builder by the end of the process.
static const struct frame *texts(const char *table, const char *column, json_t *list)
{
    static struct arena arena;
    struct schema *schema = schema_new(&arena, table);
    schema_add(schema, &arena, column, type_of("str"));
    schema_add(schema, &arena, "count", type_of("u64"));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *text = json_is_string(item) ? json_string_value(item)
                         : arena_printf(&arena, "%lld", (long long)json_integer_value(item));
        uint64_t count = 1;
        builder_text(builder, 0, text, strlen(text));
        builder_value(builder, 1, &count);
        builder_row(builder);
    }
    return builder_frame(builder);
}

static uint32_t id_of(const struct feature *feature, const char *text)
{
    static struct arena arena;
    return *(const uint32_t *)feature_encode_text(feature, text, strlen(text), &arena).values;
}

static void fit_ones(struct feature *feature, const struct frame *rows)
{
    uint32_t *ones = memory_zeros(rows->rows, sizeof *ones);
    for (size_t i = 0; i < rows->rows; i++)
        ones[i] = 1;
    feature_fit(feature, rows, ones);
    feature_fitted(feature);
    free(ones);
}

static void check_ids(const struct feature *feature, json_t *query, json_t *ids)
{
    struct arena arena = {0};
    CHECK(json_array_size(query) == json_array_size(ids) && json_array_size(ids) > 0);
    const uint32_t *found = feature_encode(feature, texts("q", "i", query), &arena).values;
    for (size_t i = 0; i < json_array_size(ids); i++)
        EQUAL(found[i], json_integer_value(json_array_get(ids, i)));
    arena_free(&arena);
}

static const char *lookup_call(struct arena *arena, json_t *config)
{
    json_t *max = json_object_get(config, "max_tokens"), *oov = json_object_get(config, "num_oov_indices");
    return arena_printf(arena, "lookup(max=%lld, oov=%lld, mask=%s)", (long long)json_integer_value(max),
                        oov != NULL ? (long long)json_integer_value(oov) : 1,
                        json_is_string(json_object_get(config, "mask_token")) ? "yes" : "no");
}

static void as_keras_adapts(void)
{
    json_t *golden = json_load_file("tests/golden/lookup.json", 0, NULL), *one;
    size_t index, adapted = 0;
    struct arena arena = {0};
    json_array_foreach(json_object_get(golden, "cases"), index, one) {
        json_t *inputs = json_object_get(one, "inputs"), *outputs = json_object_get(one, "outputs");
        json_t *terms = json_object_get(inputs, "adapt_on"), *query = json_object_get(inputs, "query");
        if (terms == NULL)
            continue;
        struct feature *feature = lookup_of(lookup_call(&arena, json_object_get(inputs, "config")), "none");
        fit_ones(feature, texts("t", "i", terms));
        EQUAL(feature_ids(feature), json_array_size(json_object_get(outputs, "vocabulary")));
        json_t *ids = json_object_get(outputs, "ids");
        if (ids != NULL) {
            check_ids(feature, query, ids);
        } else {  // no oov ids: these are of "a" and "b", and an unknown term is an error
            check_ids(feature, json_pack("[ss]", "a", "b"), json_object_get(outputs, "ids_for_known_only"));
            DIES(3, (void)id_of(feature, "zz"));
        }
        feature_free(feature);
        adapted++;
    }
    EQUAL(adapted, 9);
    json_decref(golden);
    arena_free(&arena);
}

static void as_keras_takes_a_given_vocabulary(void)
{
    json_t *golden = json_load_file("tests/golden/lookup.json", 0, NULL), *one;
    size_t index, given = 0;
    json_array_foreach(json_object_get(golden, "cases"), index, one) {
        json_t *inputs = json_object_get(one, "inputs"), *vocabulary = json_object_get(inputs, "vocabulary");
        if (vocabulary == NULL)
            continue;
        struct feature *feature = lookup_of("lookup()", "none");
        CHECK(!feature_takes(feature, texts("vocab/other", "token", vocabulary)));
        DIES(3, feature_ready(feature, "test"));
        CHECK(feature_takes(feature, texts("vocab/i", "token", vocabulary)));
        feature_ready(feature, "test");
        check_ids(feature, json_object_get(inputs, "query"), json_object_get(json_object_get(one, "outputs"), "ids"));
        feature_free(feature);
        given++;
    }
    EQUAL(given, 2);
    json_decref(golden);
}

// An unknown integer takes the id of its remainder, which is never negative; one that is typed, too.
static void integers_as_keras_spreads_them(void)
{
    json_t *golden = golden_open("encoders");
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        json_t *inputs = golden_inputs(golden, i), *ids = json_object_get(golden_outputs(golden, i), "ids");
        if (strncmp(golden_name(golden, i), "integer_lookup", 14) != 0)
            continue;
        static struct arena arena;
        struct config *config = config_from_text(arena_printf(&arena, "[table r]\npath = r\ncolumns = u, i:i64\n[data]\n"
            "interactions = r\nquery = u\ncandidate = i\n[feature i]\nencode = lookup(oov=%lld)\n",
            (long long)json_integer_value(json_object_get(inputs, "num_oov_indices"))), "test");
        struct feature *feature = feature_new(config, config_feature(config, "i"));
        CHECK(feature_takes(feature, texts("vocab/i", "token", json_object_get(inputs, "vocabulary"))));
        check_ids(feature, json_object_get(inputs, "query"), ids);
        EQUAL(id_of(feature, "-1"), json_integer_value(json_array_get(ids, 4)));
        feature_free(feature);
        cases++;
    }
    EQUAL(cases, 2);
    json_decref(golden);
}

static void rare_terms_are_dropped(void)
{
    const struct frame *rows = texts("t", "i", json_pack("[sss]", "never", "once", "twice"));
    const uint32_t counts[] = {0, 1, 2};
    static const struct {
        const char *encode, *compat;
        size_t ids;
    } cases[] = {{"lookup()", "none", 3}, {"lookup()", "tfrs", 4}, {"lookup(min_count=0)", "none", 4}, {"lookup(min_count=2)", "tfrs", 2},
                 {"lookup(min_count=3)", "none", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct feature *feature = lookup_of(cases[i].encode, cases[i].compat);
        feature_fit(feature, rows, counts);
        feature_fitted(feature);
        EQUAL(feature_ids(feature), cases[i].ids);
        EQUAL(id_of(feature, "twice"), cases[i].ids > 1 ? 1 : 0);
        EQUAL(id_of(feature, "never"), cases[i].ids == 4 ? 3 : 0);
        feature_free(feature);
    }
}

static void terms_of_several_frames_add_up(void)
{
    struct feature *feature = lookup_of("lookup()", "none");
    const uint32_t counts[] = {1, 2};
    feature_fit(feature, texts("t", "i", json_pack("[ss]", "a", "b")), counts);
    feature_fit(feature, texts("t", "i", json_pack("[ss]", "c", "a")), counts);
    feature_fitted(feature);
    EQUAL(id_of(feature, "a"), 1);  // 3 times
    EQUAL(id_of(feature, "b"), 2);
    EQUAL(id_of(feature, "c"), 3);
    feature_free(feature);
}

static void a_pattern_finds_the_term(void)
{
    struct feature *feature = lookup_of("lookup(pattern=\\(([0-9]{4})\\)$)", "none");
    fit_ones(feature, texts("t", "i", json_pack("[ssss]", "Heat (1995)", "Seven (1995)", "2001 (1968)", "2012")));
    EQUAL(feature_ids(feature), 4);
    EQUAL(id_of(feature, "Ran (1995)"), 1);
    EQUAL(id_of(feature, "Ran (1985)"), 0);
    EQUAL(id_of(feature, "2012"), id_of(feature, ""));  // no match: the empty term, which has an id as it occurred
    CHECK(id_of(feature, "") > 1);
    feature_free(feature);
    feature = lookup_of("lookup(pattern=^.)", "none");  // without a group: the whole match
    fit_ones(feature, texts("t", "i", json_pack("[s]", "abc")));
    EQUAL(id_of(feature, "axe"), 1);
    feature_free(feature);
}

// regcomp would write the repeats out: gigabytes, or the stack.
static void a_pattern_is_bounded(void)
{
    static const char *const good[] = {"a{3}((b|c){2,40})", "([0-9]{4}-){100}", "[]{9999}]x", "\\{{3}", "(a{,998})", "(((a+)+)+)+", "\\(a)b", "^$"};
    static const char *const bad[] = {"((a{255}){255}){255}", "(a{0,100}b){100}", "((((((((((a+)+)+)+)+)+)+)+)+)+)+", "a{1001}", "\\(a){1001}",
                                      "(a{2,1001})", "(a*)*\\1"};
    char call[256];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(call, sizeof call, "lookup(pattern=%s)", good[i]);
        feature_free(lookup_of(call, "none"));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(call, sizeof call, "lookup(pattern=%s)", bad[i]);
        DIES(3, lookup_of(call, "none"));
    }
}

static void nothing_at_all(void)
{
    struct feature *feature = lookup_of("lookup()", "none");
    fit_ones(feature, texts("t", "i", json_array()));
    EQUAL(feature_ids(feature), 1);
    EQUAL(id_of(feature, ""), 0);
    feature_free(feature);
}

static void refused(void)
{
    DIES(3, lookup_of("lookup(ovo=1)", "none"));
    DIES(3, lookup_of("lookup(7)", "none"));
    DIES(3, lookup_of("lookup(max=1)", "none"));
    DIES(3, lookup_of("lookup(oov=-1)", "none"));
    DIES(3, lookup_of("lookup(mask=maybe)", "none"));
    DIES(3, lookup_of("look()", "none"));
    struct feature *feature = lookup_of("lookup()", "none");
    DIES(3, feature_takes(feature, texts("vocab/i", "token", json_pack("[ss]", "a", "a"))));
    DIES(3, feature_takes(feature, texts("vocab/i", "term", json_pack("[ss]", "a", "b"))));
    DIES(3, feature_takes(feature, texts("vocab/i", "token", json_pack("[o]", json_string_nocheck("a\xff")))));
    struct arena arena = {0};
    DIES(3, (void)feature_encode(feature, texts("t", "other", json_array()), &arena));
    feature_free(feature);
}

UNIT_MAIN(UNIT(as_keras_adapts), UNIT(as_keras_takes_a_given_vocabulary), UNIT(integers_as_keras_spreads_them), UNIT(rare_terms_are_dropped),
          UNIT(terms_of_several_frames_add_up), UNIT(a_pattern_finds_the_term), UNIT(a_pattern_is_bounded), UNIT(nothing_at_all), UNIT(refused))
