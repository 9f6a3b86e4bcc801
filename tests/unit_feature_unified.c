#include "tests/features.h"

static struct config *config_of(const char *features)
{
    static struct arena arena;
    return config_from_text(arena_printf(&arena, "[table r]\npath = r\nheader = yes\n[table t]\npath = t\nheader = yes\nkey = x\n"
        "[data]\ninteractions = r\nquery = u\ncandidate = x -> t\n%s", features), "test");
}

// The output of the library, out of the tables by our ids: chunk by chunk, table by table.
static void as_tfrs_multiplexes(void)
{
    json_t *golden = golden_open("unified_embedding"), *inputs = golden_inputs(golden, 0), *order = json_object_get(inputs, "features_in_order_added");
    json_t *tables = json_object_get(inputs, "tables"), *outputs = json_object_get(golden_outputs(golden, 0), "output");
    size_t buckets = (size_t)golden_get(inputs, "buckets_per_table", 0), dim = (size_t)golden_get(inputs, "dim_per_table", 0), checked = 0;
    struct arena arena = {0};
    const char *text = "";
    for (size_t f = 0; f < json_array_size(order); f++)
        text = arena_printf(&arena, "%s[feature %s]\ntable = ut\nencode = unified(buckets=%zu, tables=%d, chunks=%lld, from=x)\n", text,
            json_string_value(json_array_get(json_array_get(order, f), 0)), buckets, (int)golden_get(inputs, "num_tables", 0),
            (long long)json_integer_value(json_array_get(json_array_get(order, f), 1)));
    struct config *config = config_of(text);
    for (size_t f = 0; f < json_array_size(order); f++) {
        const char *name = json_string_value(json_array_get(json_array_get(order, f), 0));
        struct feature *feature = feature_new(config, config_feature(config, name));
        const struct frame *rows = column_of("str", json_object_get(json_object_get(inputs, "features"), name));
        size_t chunks = feature_type(feature).dim;
        const uint32_t *ids = feature_encode(feature, rows, &arena).values;
        EQUAL(feature_ids(feature), 14);
        for (size_t i = 0; i < rows->rows; i++)
            for (size_t c = 0; c < chunks; c++, ids++)
                for (size_t k = 0; k < dim; k++, checked++) {
                    json_t *table = json_object_get(tables, arena_printf(&arena, "ut_%zu", *ids / buckets));
                    json_t *wanted = json_array_get(json_array_get(json_array_get(outputs, f), i), c * dim + k);
                    NEAR(golden_number(json_array_get(json_array_get(table, *ids % buckets), k)), golden_number(wanted), 0);
                }
        feature_free(feature);
    }
    EQUAL(checked, 4 * 3 * (2 + 3 + 1));
    arena_free(&arena);
    json_decref(golden);
}

// Their ids in both tables, which hold the same numbers in the golden file: which table it is follows from the turns.
static void tables_take_turns(void)
{
    struct config *config = config_of("[feature a]\ntable = s\nencode = unified(buckets=5, tables=3, chunks=11, from=x)\n"
                                      "[feature b]\ntable = s\nencode = unified(buckets=5, tables=3, chunks=2, from=x)\n");
    static const uint32_t a[] = {0, 1, 10 % 3, 2, 0, 1, 2, 0, 1, 2, 0}, b[] = {11 % 3, 12 % 3};  // 10 comes behind 1
    struct arena arena = {0};
    const struct frame *rows = column_of("str", json_pack("[s]", "term"));
    const uint32_t *ids = feature_encode(feature_new(config, config_feature(config, "a")), rows, &arena).values;
    for (size_t c = 0; c < 11; c++)
        EQUAL(ids[c] / 5, a[c]);
    ids = feature_encode(feature_new(config, config_feature(config, "b")), rows, &arena).values;
    for (size_t c = 0; c < 2; c++)
        EQUAL(ids[c] / 5, b[c]);
    arena_free(&arena);
}

static void no_buckets(void) { feature_of("unified()"); }
static void other_buckets(void)
{
    struct config *config = config_of("[feature a]\ntable = s\nencode = unified(buckets=5)\n[feature b]\ntable = s\nencode = unified(buckets=6)\n");
    feature_new(config, config_feature(config, "b"));
}

static void refused(void)
{
    COMPLAINS(3, "unified wants buckets=N", no_buckets);
    COMPLAINS(3, "feature \"b\" shares table \"s\" with feature \"a\": wanted the same buckets and tables", other_buckets);
}

UNIT_MAIN(UNIT(as_tfrs_multiplexes), UNIT(tables_take_turns), UNIT(refused))
