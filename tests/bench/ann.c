// Measures an index by itself, without the stages: vectors, queries and exact answers from .npy files.
//
//     ann vectors STREAM QUERIES ITEMS N FOLDER           a set of N items: items.npy, queries.npy and gt100.npy
//     ann noisy STREAM TABLE COPIES                       the stream, with so many copies of the table's rows behind it, with noise
//     ann build KIND ITEMS.npy INDEX THREADS [METRIC]     writes a stream with the index alone
//     ann search INDEX QUERIES.npy TRUTH.npy K BATCH THREADS [LEAVES...]
//     ann filter INDEX EXACT QUERIES.npy K [BATCH]        a table: what filters of all widths cost and find, against the index EXACT
//
// `vectors` takes the column `vector` of two tables: items are rows drawn at random, with noise of half their length and lengths varied
// (exp of 0.25 z); queries likewise, 10,000 of them, with noise of 0.3 and their own length. The noise keeps a million rows from being a few thousand.
//
// `noisy` multiplies each number of a copy's vector by one drawn from 0 to 1, as TFRS's tutorial of efficient serving makes its large catalogue.
//
// `search` prints a line a point: leaves, recall, queries a second by the wall clock and by processor time, latency of a batch.
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/index/blocks.h"
#include "common/index/metric.h"
#include "common/stream/builder.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

struct array {
    size_t rows, columns;
    void *values;             // (rows, columns) f4 or i4
};

static struct array npy_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    unsigned char head[10];
    char text[65536];
    struct array array;
    if (file == NULL || fread(head, 1, sizeof head, file) != sizeof head)
        die(EXIT_WORLD, "read %s:", path);
    size_t length = head[8] + 256u * head[9];
    if (fread(text, 1, length, file) != length)
        die(EXIT_INPUT, "%s: cut short", path);
    text[length] = '\0';
    const char *shape = strstr(text, "'shape': (");
    if (shape == NULL || sscanf(shape, "'shape': (%zu, %zu)", &array.rows, &array.columns) != 2 ||
        (strstr(text, "<f4") == NULL && strstr(text, "<i4") == NULL))
        die(EXIT_INPUT, "%s: wanted (n, m) of <f4 or <i4", path);
    array.values = memory_aligned(array.rows * array.columns, 4);
    if (fread(array.values, 4, array.rows * array.columns, file) != array.rows * array.columns)
        die(EXIT_INPUT, "%s: cut short", path);
    fclose(file);
    return array;
}

static void npy_write(const char *folder, const char *name, const char *type, size_t rows, size_t columns, const void *values)
{
    char path[4096], text[118];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu), }", type, rows, columns);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fprintf(file, "\x93NUMPY%c%cv%c%-117s\n", 1, 0, 0, text) != 128 || fwrite(values, 4, rows * columns, file) != rows * columns ||
        fclose(file) != 0)
        die(EXIT_WORLD, "write %s:", path);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t number(const char *text)
{
    return (size_t)strtoul(text, NULL, 10);
}

enum { QUERIES = 10000, NEAREST = 100 };

static double normal(uint64_t seed, uint64_t a, uint64_t b)
{
    return sqrt(-2 * log1p(-rng_unit(rng_bits(seed, a, b)))) * cos(6.283185307179586 * rng_unit(rng_bits(seed + 1, a, b)));
}

// Rows (n, dim) drawn from a table, each with noise of `scale` times its length and its length changed by exp(spread z).
static float *draw(const struct held *table, size_t n, size_t *dim, uint64_t seed, double scale, double spread)
{
    struct arena arena = {0};
    const struct schema *schema = held_schema(table);
    if (schema == NULL || schema_find(schema, "vector") == SIZE_MAX || held_rows(table) == 0)
        die(EXIT_INPUT, "no column vector in a table");
    struct type type = schema->columns[schema_find(schema, "vector")].type;
    struct blocks rows = blocks_open(table, "vector", type_name(type), &arena);
    *dim = rows.value_bytes / sizeof(float);
    float *out = memory_aligned(n * *dim, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        const float *row = blocks_at(&rows, rng_below(rng_bits(seed, 0, i), rows.rows));
        double square = 0, times = exp(spread * normal(seed + 2, i, *dim));
        for (size_t d = 0; d < *dim; d++)
            square += row[d] * row[d];
        for (size_t d = 0; d < *dim; d++)
            out[i * *dim + d] = (float)(times * (row[d] + normal(seed + 2, i, d) * scale * sqrt(square / (double)*dim)));
    }
    arena_free(&arena);
    return out;
}

static int vectors(char **words)
{
    struct reader *in = reader_map(words[0]);
    struct held *tables[] = {held_new(), held_new()};
    struct frame frame;
    while (reader_next(in, &frame))
        for (size_t i = 0; i < 2; i++)
            if (is_table(&frame, words[1 + i]))
                held_add(tables[i], &frame, true);
    size_t n = number(words[3]), dim, dims;
    float *queries = draw(tables[0], QUERIES, &dim, 10, 0.3, 0), *items = draw(tables[1], n, &dims, 20, 0.5, 0.25);
    if (dims != dim || n < NEAREST)
        die(EXIT_INPUT, "vectors of %zu and %zu numbers, and %zu items", dim, dims, n);
    struct arena arena = {0};
    struct topk_query *asked = arena_zeros(&arena, QUERIES, sizeof *asked);
    uint32_t *nearest = arena_array(&arena, QUERIES * NEAREST, sizeof *nearest);
    for (size_t i = 0; i < QUERIES; i++)
        asked[i].hits = arena_array(&arena, NEAREST, sizeof *asked[i].hits);
    index_search(index_flat_over(items, n, dim), 1, queries, asked, QUERIES, NEAREST, pool_new(2), &arena);
    for (size_t i = 0; i < QUERIES * NEAREST; i++)
        nearest[i] = asked[i / NEAREST].hits[i % NEAREST].row;
    npy_write(words[4], "items.npy", "<f4", n, dim, items);
    npy_write(words[4], "queries.npy", "<f4", QUERIES, dim, queries);
    npy_write(words[4], "gt100.npy", "<i4", QUERIES, NEAREST, nearest);
    return 0;
}

static int noisy(char **words)
{
    enum { PIECE_ROWS = 1 << 16 };
    struct reader *in = reader_open(words[0]);
    struct writer *out = writer_open("-", reader_header(in));
    struct gather *table = gather_new();
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (is_table(&frame, words[1]))
            gather_add(table, &frame);
        else
            writer_put(out, &frame);
    }
    const struct frame *all = gather_frame(table);
    size_t column = all != NULL ? schema_find(all->schema, "vector") : SIZE_MAX;
    if (column == SIZE_MAX || all->rows == 0)
        die(EXIT_INPUT, "%s: no column vector in a table %s", words[0], words[1]);
    size_t dim = all->schema->columns[column].type.dim, rows = all->rows * (number(words[2]) + 1);
    struct arena arena = {0};
    for (size_t at = 0, n; at < rows; at += n, arena_reset(&arena)) {
        n = rows - at < PIECE_ROWS ? rows - at : PIECE_ROWS;
        uint32_t *take = arena_array(&arena, n, sizeof *take);
        for (size_t i = 0; i < n; i++)
            take[i] = (uint32_t)((at + i) % all->rows);
        struct frame piece = frame_select(all, take, n, &arena);
        float *vectors = arena_array(&arena, n * dim, sizeof *vectors);
        memcpy(vectors, piece.cells[column].values, n * dim * sizeof *vectors);
        for (size_t i = 0; i < n * dim; i++)
            if (at + i / dim >= all->rows)
                vectors[i] *= (float)rng_unit(rng_bits(30, at + i / dim, i % dim));
        struct cells *cells = arena_array(&arena, all->schema->n, sizeof *cells);
        memcpy(cells, piece.cells, all->schema->n * sizeof *cells);
        cells[column].values = vectors;
        piece.cells = cells;
        writer_put(out, &piece);
    }
    writer_end(out);
    return 0;
}

static int build(int n_words, char **words)
{
    const struct index_kind *kind = index_kind(words[0]);
    struct array items = npy_read(words[1]);
    if (kind == NULL)
        die(EXIT_USAGE, "no kind %s", words[0]);
    double wall = clock_seconds(), cpu = cpu_seconds();
    struct index *index = index_new("candidate", kind, "items", items.columns);
    struct writer *out = writer_open(words[2], NULL);
    enum index_metric metric = INDEX_INNER;
    if (n_words > 4 && !metric_parse(words[4], &metric))
        die(EXIT_USAGE, "no metric %s", words[4]);
    index_set_metric(index, metric);
    index->pool = pool_new(number(words[3]));
    index->seed = 42;
    index->recall = 0.95;
    index_put(index, items.values, items.rows, NULL, out);
    index_end(index, out);
    writer_end(out);
    printf("build %s rows=%zu dim=%zu wall_s=%.2f cpu_s=%.2f rss_mib=%zu\n", words[0], items.rows, items.columns, clock_seconds() - wall,
           cpu_seconds() - cpu, clock_rss_mib());
    return 0;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void point(struct index *index, const struct array *queries, const struct array *truth, size_t k, size_t batch, struct pool *pool)
{
    struct arena arena = {0}, scratch = {0};
    struct topk_query *asked = arena_zeros(&arena, queries->rows, sizeof *asked);
    double *seconds = arena_array(&arena, queries->rows, sizeof *seconds);
    for (size_t i = 0; i < queries->rows; i++)
        asked[i].hits = arena_array(&arena, k, sizeof *asked[i].hits);
    size_t n = 0, same = 0, batches = 0;
    double wall = clock_seconds(), cpu = cpu_seconds();
    for (size_t at = 0; at < queries->rows && clock_seconds() - wall < 4; at += batch) {
        size_t these = queries->rows - at < batch ? queries->rows - at : batch;
        double began = clock_seconds();
        index_search(index, 1, (const float *)queries->values + at * queries->columns, asked + at, these, k, pool, &scratch);
        seconds[batches++] = clock_seconds() - began;
        arena_reset(&scratch);
        n += these;
    }
    wall = clock_seconds() - wall;
    cpu = cpu_seconds() - cpu;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < asked[i].n_hits; j++)
            for (size_t t = 0; t < k && t < truth->columns; t++)
                same += asked[i].hits[j].row == ((const uint32_t *)truth->values)[i * truth->columns + t];
    qsort(seconds, batches, sizeof *seconds, by_double);
    printf("k=%zu leaves=%zu recall=%.4f qps=%.0f qps_cpu=%.0f p50_us=%.0f p99_us=%.0f n=%zu\n", k, index->leaves, (double)same / (double)(n * k),
           (double)n / wall, (double)n / cpu, 1e6 * seconds[batches / 2], 1e6 * seconds[batches * 99 / 100], n);
    fflush(stdout);
    arena_free(&arena);
    arena_free(&scratch);
}

static struct index *load(const char *path)
{
    struct reader *in = reader_map(path);
    struct index *index = index_load(NULL);
    struct frame frame;
    while (reader_next(in, &frame))
        if (!index_takes(index, &frame, true))
            die(EXIT_INPUT, "%s: a table that is none of an index", path);
    index_ready(index, path);
    return index;
}

// Searches under a filter, some queries at a time; the time of a query.
static double filtered(const struct index *index, const float *queries, struct topk_query *asked, size_t n, size_t batch, size_t k,
                       const uint64_t *allowed, struct arena *arena, struct pool *pool)
{
    struct arena scratch = {0};
    for (size_t i = 0; i < n; i++)
        asked[i] = (struct topk_query){.allowed = allowed, .hits = arena_array(arena, k, sizeof *asked[i].hits)};
    double cpu = cpu_seconds();
    for (size_t at = 0; at < n; at += batch, arena_reset(&scratch))
        index_search(index, 1, queries + at * index->dim, asked + at, n - at < batch ? n - at : batch, k, pool, &scratch);
    cpu = cpu_seconds() - cpu;
    arena_free(&scratch);
    return cpu / (double)n;
}

// What decides whether a row is allowed: chance; its product with the mean query, the highest or the lowest ones; the group of the nearest of some rows.
enum shape { BY_CHANCE, NEAR, FAR, GROUPED, SHAPES };
static const char *const shape_names[SHAPES] = {"by chance", "those near the mean query", "those far from it", "whole groups of rows"};

enum { GROUPS = 100 };

// The centre that the row has the highest product with; *product is that.
static size_t nearest_of(const float *row, const float *centres, size_t n, size_t dim, float *product)
{
    size_t best = 0;
    *product = -INFINITY;
    for (size_t c = 0; c < n; c++) {
        float sum = 0;
        for (size_t d = 0; d < dim; d++)
            sum += row[d] * centres[c * dim + d];
        best = sum > *product ? c : best;
        *product = sum > *product ? sum : *product;
    }
    return best;
}

// A number for each row: those above a threshold are allowed.
static float *liking(const struct index *exact, enum shape shape, const struct array *queries)
{
    size_t dim = exact->dim, n = shape == GROUPED ? GROUPS : 1;
    float *all = memory_aligned(exact->rows, sizeof *all), *row = memory_aligned(dim, sizeof *row), *centres = memory_zeros(n * dim, sizeof *centres);
    for (size_t i = 0; shape != GROUPED && i < queries->rows * dim; i++)
        centres[i % dim] += ((const float *)queries->values)[i];
    for (size_t g = 0; shape == GROUPED && g < GROUPS; g++)
        index_vector(exact, rng_below(rng_bits(5, 0, g), exact->rows), centres + g * dim);
    for (size_t i = 0; i < exact->rows; i++) {
        float product;
        index_vector(exact, i, row);
        size_t group = nearest_of(row, centres, n, dim, &product);
        switch (shape) {
        case NEAR: all[i] = product; break;
        case FAR: all[i] = -product; break;
        case GROUPED: all[i] = (float)(rng_unit(rng_bits(6, 0, group)) + 1e-6 * rng_unit(rng_bits(7, 0, i))); break;
        default: all[i] = (float)rng_unit(rng_bits(1, 0, i));
        }
    }
    free(row);
    free(centres);
    return all;
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static double same_rows(const struct topk_query *found, const struct topk_query *wanted, size_t n)
{
    size_t same = 0, of = 0;
    for (size_t i = 0; i < n; of += wanted[i++].n_hits)
        for (size_t j = 0; j < found[i].n_hits; j++)
            for (size_t w = 0; w < wanted[i].n_hits; w++)
                same += found[i].hits[j].row == wanted[i].hits[w].row;
    return of > 0 ? (double)same / (double)of : 1;
}

static int filter(int n_words, char **words)
{
    static const double shares[] = {1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0001};
    struct index *index = load(words[0]), *exact = load(words[1]);
    struct array queries = npy_read(words[2]);
    size_t rows = exact->rows, k = number(words[3]), batch = n_words > 4 ? number(words[4]) : 1000, n = batch < 1000 ? 300 : 1000;
    n = queries.rows < n ? queries.rows : n;
    struct pool *pool = pool_new(1);
    float *sorted = memory_aligned(rows, sizeof *sorted);
    printf("| rows allowed | share | recall@%zu | us a query | exact, us a query |\n| --- | --- | --- | --- | --- |\n", k);
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        float *all = liking(exact, shape, &queries);
        memcpy(sorted, all, rows * sizeof *all);
        qsort(sorted, rows, sizeof *sorted, by_float);
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            struct arena arena = {0};
            uint64_t *allowed = arena_zeros(&arena, rows / 64 + 1, sizeof *allowed);
            float threshold = sorted[(size_t)(shares[s] * (double)(rows - 1))];
            for (size_t i = 0; i < rows; i++)
                allowed[i / 64] |= (uint64_t)(all[i] >= threshold) << i % 64;
            struct topk_query *found = arena_zeros(&arena, n, sizeof *found), *wanted = arena_zeros(&arena, n, sizeof *wanted);
            double seconds = filtered(index, queries.values, found, n, batch, k, allowed, &arena, pool);
            double exactly = filtered(exact, queries.values, wanted, n, batch, k, allowed, &arena, pool);
            printf("| %s | %g %% | %.4f | %.0f | %.0f |\n", shape_names[shape], 100 * shares[s], same_rows(found, wanted, n), 1e6 * seconds,
                   1e6 * exactly);
            fflush(stdout);
            arena_free(&arena);
        }
        free(all);
    }
    return 0;
}

static int search(int n_words, char **words)
{
    double began = clock_seconds();
    struct index *index = load(words[0]);
    printf("open kind=%s ms=%.2f\n", index->kind->name, 1e3 * (clock_seconds() - began));
    struct array queries = npy_read(words[1]), truth = npy_read(words[2]);
    struct pool *pool = pool_new(number(words[5]));
    for (int i = 6; i < n_words || i == 6; i++) {
        index->leaves = i < n_words ? number(words[i]) : 0;
        point(index, &queries, &truth, number(words[3]), number(words[4]), pool);
    }
    return 0;
}

int main(int argc, char **argv)
{
    program_name = "ann";
    if (argc == 7 && strcmp(argv[1], "vectors") == 0)
        return vectors(argv + 2);
    if (argc == 5 && strcmp(argv[1], "noisy") == 0)
        return noisy(argv + 2);
    if ((argc == 6 || argc == 7) && strcmp(argv[1], "build") == 0)
        return build(argc - 2, argv + 2);
    if (argc >= 8 && strcmp(argv[1], "search") == 0)
        return search(argc - 2, argv + 2);
    if ((argc == 6 || argc == 7) && strcmp(argv[1], "filter") == 0)
        return filter(argc - 2, argv + 2);
    die(EXIT_USAGE, "vectors STREAM QUERIES ITEMS N FOLDER, noisy STREAM TABLE COPIES, "
        "build KIND ITEMS.npy INDEX THREADS [METRIC], "
        "filter INDEX EXACT QUERIES.npy K [BATCH], or search INDEX QUERIES.npy TRUTH.npy K BATCH THREADS [LEAVES...]");
}
