#include "common/index/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/blocks.h"
#include "common/index/csv_cells.h"
#include "common/index/index.h"
#include "common/stream/reader.h"
#include "common/text/ivecs.h"
#include "common/text/vectors.h"

enum { GROUP_MAX = 4096, HITS_MAX = 8 << 20 };

// The indexes as one, and the keys of each.
struct files {
    struct index *index;
    struct held **keys;      // (n) tables with a column `key`; NULL: rows go by their numbers
    size_t *firsts;          // (n + 1) rows before each
};

// Whether keys say no more than where a row is: those of vectors without words.
static bool are_numbers(const struct held *keys)
{
    size_t n, row = 0;
    struct arena arena = {0};
    const struct frame *frames = held_frames(keys, &n);
    bool numbers = true;
    for (size_t f = 0; f < n && numbers; f++, arena_reset(&arena)) {
        const struct cells *texts = frame_texts(&frames[f], "key", &arena);
        for (size_t i = 0; i < frames[f].rows && numbers; i++, row++) {
            char number[32];
            struct text key = cells_text(texts, i);
            size_t length = (size_t)snprintf(number, sizeof number, "%zu", row);
            numbers = key.length == length && memcmp(key.data, number, length) == 0;
        }
    }
    arena_free(&arena);
    return numbers;
}

static struct index *load(const struct probe *p, const char *path, struct held **keys)
{
    struct reader *in = reader_map(path);
    struct index *index = index_load(p->name);
    struct held **tables = NULL;
    size_t n = 0, capacity = 0;
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (index_takes(index, &frame, true) || schema_find(frame.schema, "key") == SIZE_MAX)
            continue;
        size_t i = 0;
        while (i < n && strcmp(held_schema(tables[i])->table, frame.schema->table) != 0)
            i++;
        if (i == n) {
            tables = memory_grow(tables, &capacity, n + 1, sizeof *tables);
            tables[n++] = held_new();
        }
        held_add(tables[i], &frame, true);
    }
    index_ready(index, path);
    for (size_t i = 0; i < n; i++)
        if (strcmp(held_schema(tables[i])->table, index->table) == 0 && held_rows(tables[i]) == index->rows && !are_numbers(tables[i]))
            *keys = tables[i];
    free(tables);
    return index;
}

// Dies if a key is in several files.
static void check_keys(const struct files *files, const struct arg_list *paths)
{
    struct map *known = map_new();
    for (size_t i = 0; i < paths->n; i++) {
        size_t n = 0, before = map_size(known);
        struct arena arena = {0};
        const struct frame *frames = files->keys[i] != NULL ? held_frames(files->keys[i], &n) : NULL;
        for (size_t f = 0; f < n; f++, arena_reset(&arena)) {
            const struct cells *texts = frame_texts(&frames[f], "key", &arena);
            for (size_t j = 0; j < frames[f].rows; j++) {
                struct text key = cells_text(texts, j);
                if (map_add(known, key.data, key.length) < before)
                    die(EXIT_INPUT, "%s: table %s: key %s is in a file before it too", paths->items[i], quoted_text(files->index->table),
                        quoted(key.data, key.length));
            }
        }
        arena_free(&arena);
    }
    map_free(known);
}

static struct files load_all(const struct probe *p)
{
    size_t n = p->indexes->n;
    struct files files = {.keys = memory_zeros(n, sizeof(struct held *)), .firsts = memory_zeros(n + 1, sizeof *files.firsts)};
    struct index **indexes = memory_zeros(n, sizeof(struct index *));
    for (size_t i = 0; i < n; i++) {
        indexes[i] = load(p, p->indexes->items[i], &files.keys[i]);
        files.firsts[i + 1] = files.firsts[i] + indexes[i]->rows;
    }
    files.index = n > 1 ? index_shards(indexes, p->indexes->items, n) : indexes[0];
    if (n > 1)
        check_keys(&files, p->indexes);
    return files;
}

static void print_hits(const struct topk_query *asked, size_t first, size_t n, const struct files *files, FILE *out)
{
    struct arena arena = {0};
    struct bytes field = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < asked[i].n_hits; j++) {
            size_t row = asked[i].hits[j].row, f = 0;
            fprintf(out, "%zu,%zu,", first + i, j + 1);
            while (row >= files->firsts[f + 1])
                f++;
            if (files->keys[f] != NULL) {
                row -= files->firsts[f];
                const struct frame *frame = held_find(files->keys[f], &row);
                struct text key = cells_text(frame_texts(frame, "key", &arena), row);
                field.length = 0;
                csv_add_field(&field, key.data, key.length);
                fwrite(field.data, 1, field.length, out);
            } else {
                fprintf(out, "%zu", row);
            }
            fprintf(out, ",%.9g\n", (double)asked[i].hits[j].score);
            arena_reset(&arena);
        }
    free(field.data);
    arena_free(&arena);
}

static size_t count_same(const struct topk_query *asked, const struct ivecs *truth, size_t first, size_t n, size_t k)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < asked[i].n_hits; j++)
            for (size_t t = 0; t < k; t++)
                same += (int64_t)asked[i].hits[j].row == truth->values[(first + i) * truth->length + t];
    return same;
}

// Reads up to n vectors; returns how many.
static size_t read_group(struct vectors *vectors, size_t dim, size_t n, float *out)
{
    struct vector row;
    size_t got = 0;
    while (got < n && vectors_next(vectors, &row))
        memcpy(out + got++ * dim, row.values, dim * sizeof *out);
    return got;
}

size_t probe(const struct probe *p, FILE *out)
{
    struct files files = load_all(p);
    struct index *index = files.index;
    struct vectors *vectors = vectors_open(p->vectors);
    struct ivecs truth = {0};
    size_t dim = vectors_dim(vectors), k = p->k < index->rows ? p->k : index->rows, same = 0, done = 0;
    if (dim != index->dim)
        die(EXIT_INPUT, "%s: vectors of %zu numbers, but index %s has %zu", p->vectors, dim, quoted_text(index->name), index->dim);
    if (p->truth != NULL)
        truth = ivecs_read(p->truth);
    if (p->truth != NULL && (truth.rows != vectors_rows(vectors) || truth.length < k))
        die(EXIT_INPUT, "%s: %zu lists of %zu, wanted %zu of %zu or more", p->truth, truth.rows, truth.length, vectors_rows(vectors), k);
    index->recall = p->recall > 0 ? p->recall : index->recall;
    size_t group = blocks_rows(k > HITS_MAX / GROUP_MAX ? HITS_MAX / k + 1 : GROUP_MAX, dim * sizeof(float));
    float *queries = memory_aligned(group * dim, sizeof *queries);
    struct arena arena = {0};
    double seconds = 0;
    if (p->truth == NULL)
        fprintf(out, "query,rank,key,score\n");
    for (size_t n; (n = read_group(vectors, dim, group, queries)) > 0; done += n, arena_reset(&arena)) {
        struct topk_query *asked = arena_zeros(&arena, n, sizeof *asked);
        for (size_t i = 0; i < n; i++)
            asked[i].hits = arena_array(&arena, k, sizeof *asked[i].hits);
        double began = clock_seconds();
        index_search(index, 1, queries, asked, n, k, p->pool, &arena);
        seconds += clock_seconds() - began;
        if (p->truth != NULL)
            same += count_same(asked, &truth, done, n, k);
        else
            print_hits(asked, done, n, &files, out);
    }
    if (p->truth != NULL)
        fprintf(out, "recall@%zu=%.4f queries=%zu queries_per_s=%.0f\n", k, done * k > 0 ? (double)same / (double)(done * k) : 1, done,
                seconds > 0 ? (double)done / seconds : 0);
    arena_free(&arena);
    free(queries);
    free(truth.values);
    vectors_close(vectors);
    return done;
}
