#include "common/recommend/shards.h"

#include <string.h>

#include "common/base/die.h"
#include "common/base/fingerprint.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/stream/names.h"

struct shard {
    const char *source;
    struct index *index;
    const struct held *seen;
    uint64_t vocabularies, parameters, queries;  // fingerprints, however their rows are grouped into frames
    size_t n_queries, n_candidates;
    size_t first;                                // rows of the candidates before it
    size_t keys;                                 // all that are known when it ends
    uint32_t most;                               // 1 more than the last candidate that its interactions refer to
};

struct shards {
    const struct config *config;
    struct shard *all;                           // (n), and the one under way
    size_t n, capacity;
    struct map *keys;                            // of the candidates
    char table[NAME_BYTES_MAX + 1];              // the table that comes, and
    size_t rows;                                 //   how many of its rows came
    struct arena arena;
};

static void begin(struct shards *s)
{
    s->all = memory_grow(s->all, &s->capacity, s->n + 1, sizeof *s->all);
    s->all[s->n] = (struct shard){.first = s->n > 0 ? s->all[s->n - 1].first + s->all[s->n - 1].index->rows : 0};
    s->table[0] = '\0';
}

struct shards *shards_new(const struct config *config)
{
    struct shards *s = memory_zeros(1, sizeof *s);
    s->config = config;
    s->keys = map_new();
    begin(s);
    return s;
}

// A sum over rows, each with its number. Of queries only what makes their vectors is in it.
static uint64_t sum_rows(const struct shards *s, const struct frame *frame, const char *key)
{
    uint64_t sum = 0, name = rng_fnv(FNV_START, frame->schema->table, strlen(frame->schema->table));
    for (size_t i = 0; i < frame->schema->n; i++) {
        const struct column *column = &frame->schema->columns[i];
        if (key != NULL && strcmp(column->name, key) != 0 && !is_encoded_column(column->name))
            continue;
        uint64_t hash = rng_fnv(name, column->name, strlen(column->name));
        for (size_t row = 0; row < frame->rows; row++) {
            size_t n;
            const void *bytes = cells_row(&frame->cells[i], column->type, row, &n);
            sum += rng_mix(fingerprint_join(hash, fingerprint(bytes, n)) ^ rng_mix(s->rows + row));
        }
    }
    return sum;
}

static void look_for_twins(struct shards *s, const struct frame *frame)
{
    struct arena arena = {0};
    const struct cells *keys = frame_texts(frame, config_key(s->config, &s->config->candidate), &arena);
    for (size_t i = 0; i < frame->rows; i++) {
        struct text key = cells_text(keys, i);
        uint32_t number = map_add(s->keys, key.data, key.length);
        for (size_t f = 0; f < s->n; f++)
            if (number < s->all[f].keys)
                die(EXIT_INPUT, "%s: table %s: key %s is in %s too", frame->place, quoted_text(frame->schema->table), quoted(key.data, key.length),
                    s->all[f].source);
    }
    arena_free(&arena);
}

void shards_look(struct shards *s, const struct frame *frame)
{
    const char *table = frame->schema->table;
    struct shard *shard = &s->all[s->n];
    if (strcmp(table, s->table) != 0) {
        memcpy(s->table, table, strlen(table) + 1);
        s->rows = 0;
    }
    if (has_prefix(table, "param/"))
        shard->parameters += sum_rows(s, frame, NULL);
    if (is_vocabulary_table(table) || has_prefix(table, "stats/"))
        shard->vocabularies += sum_rows(s, frame, NULL);
    if (is_table(frame, s->config->query.table)) {
        shard->queries += sum_rows(s, frame, config_key(s->config, &s->config->query));
        shard->n_queries += frame->rows;
    }
    if (is_table(frame, s->config->candidate.table)) {
        shard->n_candidates += frame->rows;
        look_for_twins(s, frame);
    }
    s->rows += frame->rows;
}

struct frame shards_interactions(struct shards *s, const struct frame *frame)
{
    struct shard *shard = &s->all[s->n];
    const uint32_t *rows = frame_column(frame, "candidate", "u32")->values;
    uint32_t *moved = arena_array(&s->arena, frame->rows, sizeof *moved);
    for (size_t i = 0; i < frame->rows; i++) {
        if (rows[i] > INT32_MAX)
            die(EXIT_INPUT, "%s: candidate %u, wanted one below 2^31", frame->place, rows[i]);
        shard->most = rows[i] >= shard->most ? rows[i] + 1 : shard->most;
        moved[i] = rows[i] + (uint32_t)shard->first;
    }
    struct frame out = *frame;
    out.cells = arena_array(&s->arena, frame->schema->n, sizeof *out.cells);
    memcpy(out.cells, frame->cells, frame->schema->n * sizeof *out.cells);
    out.cells[schema_find(frame->schema, "candidate")].values = moved;
    return out;
}

// The first file that has queries.
static const struct shard *first_asked(const struct shards *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->all[i].n_queries > 0)
            return &s->all[i];
    return &s->all[s->n];
}

void shards_end(struct shards *s, struct index *index, const struct held *seen, const char *source)
{
    struct shard *shard = &s->all[s->n], *first = &s->all[0];
    const struct shard *asked = first_asked(s);
    shard->source = source;
    shard->index = index;
    shard->seen = seen;
    shard->keys = map_size(s->keys);
    if (shard->vocabularies != first->vocabularies)
        die(EXIT_INPUT, "%s: an index of other data: its vocabularies are not those of %s", source, first->source);
    if (shard->parameters != first->parameters)
        die(EXIT_INPUT, "%s: an index of another model: its parameters are not those of %s", source, first->source);
    if (seen != NULL && shard->n_queries > 0 && (shard->n_queries != asked->n_queries || shard->queries != asked->queries))
        die(EXIT_INPUT, "%s: table %s: its keys or features are not those of %s", source, quoted_text(s->config->query.table), asked->source);
    if ((seen == NULL) != (first->seen == NULL))
        die(EXIT_INPUT, "%s: no table \"seen\"", seen == NULL ? source : first->source);
    if (seen != NULL && held_rows(seen) != shard->n_queries)
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but %s has %zu", source, held_rows(seen), quoted_text(s->config->query.table),
            shard->n_queries);
    if (shard->n_candidates > 0 && shard->n_candidates != index->rows)
        die(EXIT_INPUT, "%s: index %s has %zu rows, but table %s has %zu", source, quoted_text(index->name), index->rows, quoted_text(index->table),
            shard->n_candidates);
    if (shard->most > index->rows)
        die(EXIT_INPUT, "%s: table %s: candidate %u, but there are %zu", source, quoted_text(s->config->interactions), shard->most - 1, index->rows);
    s->n++;
    begin(s);
}

size_t shards_n(const struct shards *s)
{
    return s->n;
}

struct index *shards_index(const struct shards *s)
{
    struct index **indexes = memory_zeros(s->n, sizeof(struct index *));
    const char **sources = memory_zeros(s->n, sizeof *sources);
    for (size_t i = 0; i < s->n; i++) {
        indexes[i] = s->all[i].index;
        sources[i] = s->all[i].source;
    }
    return index_shards(indexes, sources, s->n);
}

bool shards_have_seen(const struct shards *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->all[i].seen != NULL)
            return true;
    return false;
}

const uint32_t *shards_seen_in(const struct held *seen, size_t query, size_t rows, const char *source, size_t *n)
{
    size_t row = query;
    const struct cells *cells = frame_column(held_find(seen, &row), "candidates", "u32*");
    const uint32_t *out = (const uint32_t *)cells->values + cells->lists[row];
    *n = cells->lists[row + 1] - cells->lists[row];
    for (size_t i = 0; i < *n; i++)
        if (out[i] >= rows || (i > 0 && out[i] <= out[i - 1]))
            die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, wanted rising ones below %zu", source, query, out[i], rows);
    return out;
}

const uint32_t *shards_seen(const struct shards *s, size_t query, size_t *n, struct arena *arena)
{
    const uint32_t **rows = arena_array(arena, s->n, sizeof *rows);
    size_t *counts = arena_zeros(arena, s->n, sizeof *counts), at = 0;
    *n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct shard *shard = &s->all[i];
        if (shard->n_queries > 0 && shard->seen != NULL)
            rows[i] = shards_seen_in(shard->seen, query, shard->index->rows, shard->source, &counts[i]);
        *n += counts[i];
    }
    uint32_t *all = arena_array(arena, *n, sizeof *all);
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < counts[i]; j++)
            all[at++] = rows[i][j] + (uint32_t)s->all[i].first;
    return all;
}
