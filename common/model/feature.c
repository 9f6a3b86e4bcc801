#include "common/model/feature.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/text/numbers.h"

static const struct feature_kind *const feature_kinds[] = {
    &feature_lookup, &feature_hash, &feature_cross, &feature_bucketize, &feature_normalize, &feature_text, &feature_list, &feature_vector,
    &feature_sequence, &feature_history, &feature_unified, &feature_clock, NULL,
};

static const struct feature_kind *kind_of(const struct config_feature *feature)
{
    const char *names[sizeof feature_kinds / sizeof *feature_kinds];
    size_t n = 0;
    for (; feature_kinds[n] != NULL; n++) {
        if (strcmp(feature_kinds[n]->name, feature->encode.name) == 0)
            return feature_kinds[n];
        names[n] = feature_kinds[n]->name;
    }
    die(EXIT_INPUT, "%s: feature %s: unknown encoding %s%s", feature->place, quoted_text(feature->name),
        quoted_text(feature->encode.name), did_you_mean(feature->encode.name, names, n));
}

struct feature *feature_new(const struct config *config, const struct config_feature *from)
{
    struct feature *feature = memory_zeros(1, sizeof *feature);
    feature->config = from;
    feature->kind = kind_of(from);
    if (feature->kind->table != NULL)
        feature->table = arena_printf(&feature->arena, "%s/%s", feature->kind->table, from->name);
    feature->column = arena_printf(&feature->arena, "feature/%s", from->name);
    feature->weight_column = arena_printf(&feature->arena, "weight/%s", from->name);
    if (strlen(feature->column) > NAME_BYTES_MAX)
        die(EXIT_INPUT, "%s: feature %s: a name of more than %d bytes", from->place, quoted_text(from->name), NAME_BYTES_MAX - 8);
    feature->state = feature->kind->make(feature, config);
    return feature;
}

void feature_free(struct feature *feature)
{
    if (feature == NULL)
        return;
    feature->kind->free(feature->state);
    if (!feature->borrowed)
        feature_free(feature->of);
    arena_free(&feature->arena);
    free(feature);
}

void feature_fit(struct feature *feature, const struct frame *rows, const uint32_t *counts)
{
    if (feature->kind->fit != NULL)
        feature->kind->fit(feature, feature->state, rows, counts);
}

void feature_fitted(struct feature *feature)
{
    if (feature->kind->fitted != NULL)
        feature->kind->fitted(feature, feature->state);
}

bool feature_extend(struct feature *feature)
{
    if (feature->kind->extend == NULL)
        return false;
    feature->kind->extend(feature->state);
    return true;
}

struct type feature_type(const struct feature *feature)
{
    return feature->kind->type(feature->state);
}

struct cells feature_encode(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    return feature->kind->encode(feature, feature->state, rows, arena);
}

bool feature_weighted(const struct feature *feature)
{
    return feature->kind->weighted != NULL && feature->kind->weighted(feature->state);
}

struct cells feature_weights(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    return feature->kind->weights(feature, feature->state, rows, arena);
}

// A column of one row with nothing in it: zero, or an empty list.
static struct cells nothing(struct type type, struct arena *arena)
{
    struct cells cells = {.values = arena_zeros(arena, 1, type_value_bytes(type)), .n = 1};
    if (type.list)
        cells = (struct cells){.lists = arena_zeros(arena, 2, sizeof(uint32_t)), .values = cells.values, .n = 0};
    return cells;
}

// "a|b" as a column of one list.
static struct cells typed_list(const char *value, size_t length, struct arena *arena)
{
    uint32_t *texts = arena_array(arena, length + 2, sizeof *texts), *lists = arena_zeros(arena, 2, sizeof *lists), n = 0;
    char *bytes = arena_array(arena, length + 1, 1);
    texts[0] = 0;
    for (size_t at = 0, end; at < length; at = end + 1) {
        const char *bar = memchr(value + at, '|', length - at);
        end = bar != NULL ? (size_t)(bar - value) : length;
        if (end == at)
            continue;
        memcpy(bytes + texts[n], value + at, end - at);
        texts[n + 1] = texts[n] + (uint32_t)(end - at);
        n++;
    }
    lists[1] = n;
    return (struct cells){.lists = lists, .texts = texts, .values = bytes, .n = n};
}

struct cells feature_encode_text(const struct feature *feature, const char *value, size_t length, struct arena *arena)
{
    assert(length <= INT32_MAX);
    static const char *const types[] = {[FEATURE_TEXT] = "str", [FEATURE_NUMBER] = "f64", [FEATURE_LIST] = "str*"};
    enum feature_input input = feature->kind->input;
    bool missing = length == 0 && feature->config->otherwise == NULL;
    bool numbers = feature_type(feature).element == ELEMENT_F32;
    if (input == FEATURE_COLUMNS || (missing && (input != FEATURE_TEXT || numbers)))
        return nothing(feature_type(feature), arena);
    struct schema *schema = schema_new(arena, "typed");
    schema_add(schema, arena, feature->config->from, type_of(types[input]));
    uint32_t texts[] = {0, (uint32_t)length};
    double number = NAN;
    struct cells cells = {.texts = texts, .values = value, .n = 1};
    if (input == FEATURE_NUMBER) {
        if (length > 0 && !number_f64(arena_text(arena, value, length), length, &number))
            die(EXIT_INPUT, "feature %s: %s, wanted a number", quoted_text(feature->config->name), quoted(value, length));
        cells = (struct cells){.values = &number, .n = 1};
    } else if (input == FEATURE_LIST) {
        cells = typed_list(value, length, arena);
    }
    return feature_encode(feature, &(struct frame){.schema = schema, .rows = 1, .cells = &cells}, arena);
}

void feature_share(struct feature *feature, struct feature *of)
{
    assert(strcmp(feature->of->config->name, of->config->name) == 0);
    if (!feature->borrowed)
        feature_free(feature->of);
    feature->of = of;
    feature->borrowed = true;
}

size_t feature_ids(const struct feature *feature)
{
    if (feature->of != NULL)
        return feature_ids(feature->of);
    return feature->kind->ids != NULL ? feature->kind->ids(feature->state) : 0;
}

size_t feature_start_width(const struct feature *feature)
{
    return feature->kind->start_width != NULL ? feature->kind->start_width(feature->state) : 0;
}

void feature_start(const struct feature *feature, float *values)
{
    feature->kind->start(feature->state, values);
}

void feature_save(const struct feature *feature, struct writer *out)
{
    if (feature->table != NULL)
        feature->kind->save(feature->state, feature->table, out);
}

bool feature_takes(struct feature *feature, const struct frame *frame)
{
    if (feature->of != NULL && !feature->borrowed)
        return feature_takes(feature->of, frame);
    if (feature->table == NULL || !is_table(frame, feature->table))
        return false;
    feature->kind->load(feature, feature->state, frame);
    feature->loaded = true;
    return true;
}

void feature_ready(const struct feature *feature, const char *source)
{
    if (feature->of != NULL)
        feature_ready(feature->of, source);
    if (feature->table != NULL && !feature->loaded)
        die(EXIT_INPUT, "%s: no table %s: wanted a stream that passed through 'vocab'", source, quoted_text(feature->table));
}

static void check_same_encoding(const struct feature *feature, const struct ini *here, const struct ini *there, const char *path)
{
    struct arena arena = {0};
    const char *section = arena_printf(&arena, "feature %s", feature->config->name);
    const struct ini_entry *mine = ini_find(here, section, "encode"), *other = ini_find(there, section, "encode");
    if (mine != NULL && other != NULL && strcmp(mine->value, other->value) != 0)
        die(EXIT_INPUT, "%s: feature %s is encoded by %s there, by %s here", path, quoted_text(feature->config->name),
            quoted_text(other->value), quoted_text(mine->value));
    arena_free(&arena);
}

void feature_load_file(struct feature **features, size_t n, const struct config *config, const char *path)
{
    bool mapped;
    struct reader *in = reader_map_or_open(path, &mapped);
    struct ini there = {0};
    ini_parse_text(&there, reader_header(in)->config, path);
    for (size_t i = 0; i < n; i++)
        check_same_encoding(features[i], &config->ini, &there, path);
    struct frame frame;
    while (reader_next(in, &frame))
        for (size_t i = 0; i < n; i++)
            feature_takes(features[i], &frame);
    for (size_t i = 0; i < n; i++)
        feature_ready(features[i], path);
    free(there.entries);
    arena_free(&there.arena);
    reader_close(in);
}

void feature_print_kinds(void)
{
    printf("\nencodings of features:\n");
    for (size_t i = 0; feature_kinds[i] != NULL; i++)
        printf("  %s(%s)\n      %s\n", feature_kinds[i]->name, feature_kinds[i]->arguments, feature_kinds[i]->help);
}
