#include "common/model/feature.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/die.h"

const struct feature_kind *const feature_kinds[] = {&feature_lookup, NULL};

static const struct feature_kind *kind_of(const struct config_feature *feature)
{
    const char *names[sizeof feature_kinds / sizeof *feature_kinds];
    size_t n = 0;
    for (; feature_kinds[n] != NULL; n++) {
        if (strcmp(feature_kinds[n]->name, feature->encode.name) == 0)
            return feature_kinds[n];
        names[n] = feature_kinds[n]->name;
    }
    const char *near = nearest_word(feature->encode.name, names, n);
    die(EXIT_INPUT, "%s: feature %s: unknown encoding %s%s%s", feature->place, quoted_text(feature->name),
        quoted_text(feature->encode.name), near != NULL ? ", did you mean " : "", near != NULL ? near : "");
}

struct feature *feature_new(const struct config *config, const struct config_feature *from)
{
    struct feature *feature = memory_zeros(1, sizeof *feature);
    feature->config = from;
    feature->kind = kind_of(from);
    feature->table = arena_printf(&feature->arena, "vocab/%s", from->name);
    feature->column = arena_printf(&feature->arena, "feature/%s", from->name);
    if (strlen(feature->column) > NAME_BYTES_MAX)
        die(EXIT_INPUT, "%s: feature %s: a name of more than %d bytes", from->place, quoted_text(from->name), NAME_BYTES_MAX - 8);
    feature->state = feature->kind->make(feature, config->tfrs);
    return feature;
}

void feature_free(struct feature *feature)
{
    if (feature == NULL)
        return;
    feature->kind->free(feature->state);
    arena_free(&feature->arena);
    free(feature);
}

void feature_fit(struct feature *feature, const struct frame *rows, const uint32_t *counts)
{
    feature->kind->fit(feature, feature->state, rows, counts);
}

void feature_fitted(struct feature *feature)
{
    feature->kind->fitted(feature, feature->state);
}

struct type feature_type(const struct feature *feature)
{
    return type_of(feature->kind->type);
}

struct cells feature_encode(const struct feature *feature, const struct frame *rows, struct arena *arena)
{
    return feature->kind->encode(feature, feature->state, rows, arena);
}

uint32_t feature_encode_text(const struct feature *feature, const char *value, size_t length)
{
    assert(strcmp(feature->kind->type, "u32") == 0 && length <= UINT32_MAX);
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, "typed");
    schema_add(schema, &arena, feature->config->from, type_of("str"));
    const uint32_t texts[] = {0, (uint32_t)length};
    struct cells cells = {.texts = texts, .values = value, .n = 1};
    struct frame row = {.schema = schema, .rows = 1, .cells = &cells};
    uint32_t id = *(const uint32_t *)feature_encode(feature, &row, &arena).values;
    arena_free(&arena);
    return id;
}

size_t feature_ids(const struct feature *feature)
{
    return feature->kind->ids(feature->state);
}

void feature_save(const struct feature *feature, struct writer *out)
{
    feature->kind->save(feature->state, feature->table, out);
}

bool feature_takes(struct feature *feature, const struct frame *frame)
{
    if (!is_table(frame, feature->table))
        return false;
    feature->loaded = true;
    feature->kind->load(feature, feature->state, frame);
    return true;
}

void feature_ready(const struct feature *feature, const char *source)
{
    if (!feature->loaded)
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
    struct stat status;
    bool regular = stat(path, &status) == 0 && S_ISREG(status.st_mode);
    struct reader *in = regular ? reader_map(path) : reader_open(path);
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
    for (size_t i = 0; feature_kinds[i] != NULL; i++) {
        char left[128];
        snprintf(left, sizeof left, "%s(%s)", feature_kinds[i]->name, feature_kinds[i]->arguments);
        printf("  %s\n      %s\n", left, feature_kinds[i]->help);
    }
}
