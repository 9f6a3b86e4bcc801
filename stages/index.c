// index: take the vectors out of a table, and make of them an index that answers queries.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/base/pool.h"
#include "common/base/rng.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/index/change.h"
#include "common/index/metric.h"
#include "common/math/matrix.h"
#include "common/stream/builder.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"
#include "common/text/vectors.h"

static const char *kind_name = "auto", *index_name = "candidate", *table_name = NULL, *queries_name = NULL, *metric = "inner";
static const char *from = NULL, *add = NULL, *take_out = NULL, *duplicates = "error";
static double recall = 0.99;
static bool check;
static size_t seed = 42, threads;

static const struct arg args[] = {
    ARG_TEXT('k', "kind", &kind_name, "KIND", "the kind of index"),
    ARG_TEXT('n', "name", &index_name, "NAME", "its name: the tables are index/NAME..."),
    ARG_TEXT('t', "table", &table_name, "TABLE", "the table whose vectors are indexed; without it, the candidates"),
    ARG_CHOICE('m', "metric", &metric, "inner|cosine|l2", "what the nearest rows have: the largest inner product, cosine, or the least l2 distance"),
    ARG_REAL('r', "recall", &recall, 0.01, 1, "R", "the share of the exact answers that searching shall find, if the kind is not exact"),
    ARG_TEXT(0, "queries", &queries_name, "TABLE", "measure it by the vectors of TABLE; without it, the queries'; if there are none, rows"),
    ARG_TEXT('f', "from", &from, "FILE", "make an index of the vectors in FILE (.npy, .fvecs, word2vec), without a stream"),
    ARG_TEXT('a', "add", &add, "FILE", "change the index that comes: add the candidates of FILE, of embed or of an index; known ones are replaced"),
    ARG_TEXT('d', "delete", &take_out, "FILE", "change it: take out the candidates whose keys are in FILE, one a line"),
    ARG_CHOICE(0, "duplicates", &duplicates, "error|first|keep", "what to do about a candidate that is twice in the file of --add or --from"),
    ARG_FLAG(0, "check", &check, "read all of the index FILE, and say whether it is sound; write nothing"),
    ARG_COUNT('s', "seed", &seed, 0, 1e15, "N", "seed of what is drawn"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "make an index of the vectors of a table",
    .synopsis = "[--kind KIND] [--recall R] [--name NAME] [--table TABLE] [FILE]\n       index --from FILE\n       index {[--add FILE] [--delete FILE] | --check} [FILE]",
    .example = "embed < trained.mp | index -o movies.index",
    .see_also = "embed, rank",
    .more = index_kinds_print,
};

static struct pool *new_pool(void)
{
    struct pool *pool = pool_new(stage_threads(threads));
    matrix_reserve(pool_threads(pool));
    return pool;
}

static struct index *begin_dim(size_t dim)
{
    struct index *index = index_new(index_name, index_kind(kind_name), table_name, dim);
    enum index_metric kind;
    bool known = metric_parse(metric, &kind);
    assert(known);
    index_set_metric(index, kind);
    index->recall = recall;
    index->seed = seed;
    index->memory_bytes = stage.memory_bytes / 2;
    index->pool = new_pool();
    return index;
}

static struct index *begin(const struct frame *frame, size_t column)
{
    struct type type = frame->schema->columns[column].type;
    if (type.element != ELEMENT_F32 || type.dim == 0 || type.list)
        die(EXIT_INPUT, "%s: table %s: column \"vector\" is %s, wanted f32[n]", frame->place, quoted_text(table_name), type_name(type));
    return begin_dim(type.dim);
}

// Vectors to measure recall by: some thousands, drawn from all that come, each as likely as any other (Vitter 1985).
struct sample {
    float *vectors;           // (n, dim)
    size_t dim, n, seen, capacity;
};

static void sample_take(struct sample *sample, const struct frame *frame)
{
    enum { SAMPLE_MAX = 4096 };
    size_t column = schema_find(frame->schema, "vector");
    struct type type = column != SIZE_MAX ? frame->schema->columns[column].type : (struct type){0};
    if (column == SIZE_MAX || type.element != ELEMENT_F32 || type.dim == 0 || type.list)
        return;
    sample->dim = type.dim;
    for (size_t i = 0; i < frame->rows; i++, sample->seen++) {
        size_t place = sample->n < SAMPLE_MAX ? sample->n : (size_t)rng_below(rng_bits(seed, sample->seen, 0), sample->seen + 1);
        if (place >= SAMPLE_MAX)
            continue;
        sample->n += place == sample->n;
        sample->vectors = memory_grow(sample->vectors, &sample->capacity, sample->n * sample->dim, sizeof *sample->vectors);
        memcpy(sample->vectors + place * sample->dim, (const float *)frame->cells[column].values + i * sample->dim, sample->dim * sizeof(float));
    }
}

// With several heads, each is a query.
static void sample_use(const struct sample *sample, struct index *index)
{
    if (sample->n == 0 || sample->dim % index->dim != 0)
        return;
    index->queries = sample->vectors;
    index->n_queries = sample->n * (sample->dim / index->dim);
}

// Tables index/NAME and index/NAME/... may not be there yet.
static void check_new(const struct frame *frame)
{
    if (index_owns(index_name, frame->schema->table))
        die(EXIT_INPUT, "%s: there is an index %s already: choose another --name", frame->place, quoted_text(index_name));
}

static void check_options(void)
{
    const char *names[16];
    size_t n = 0;
    while (index_kinds[n] != NULL && n < 16) {
        names[n] = index_kinds[n]->name;
        n++;
    }
    if (index_kind(kind_name) == NULL)
        die_usage("--kind %s: no such kind of index%s", quoted_text(kind_name), did_you_mean(kind_name, names, n));
    if (index_name[0] == '\0' || strlen(index_name) > NAME_BYTES_MAX / 2 || strchr(index_name, '/') != NULL)
        die_usage("--name %s: wanted 1 to %d bytes without a slash", quoted_text(index_name), NAME_BYTES_MAX / 2);
}

static enum change_twins twins(void)
{
    return strcmp(duplicates, "first") == 0 ? CHANGE_FIRST : strcmp(duplicates, "keep") == 0 ? CHANGE_KEEP : CHANGE_ERROR;
}

// Vectors of a file become a table of their keys, words or numbers from 0, and an index.
static void import(void)
{
    enum { PIECE_ROWS = 4096 };
    if (table_name == NULL)
        table_name = "vectors";
    struct vectors *vectors = vectors_open(from);
    struct writer *out = writer_open(stage.output, NULL);
    struct index *index = begin_dim(vectors_dim(vectors));
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, table_name);
    schema_add(schema, &arena, "key", type_of("str"));
    struct builder *builder = builder_new(schema);
    float *piece = memory_aligned(PIECE_ROWS * index->dim, sizeof *piece);
    struct map *keys = map_new();
    struct vector row;
    size_t n = 0, rows = 0;
    while (vectors_next(vectors, &row)) {
        char number[32];
        if (row.word == NULL)
            snprintf(number, sizeof number, "%zu", rows++);
        const char *key = row.word != NULL ? row.word : number;
        size_t known = map_size(keys);
        bool twin = row.word != NULL && map_add(keys, key, strlen(key)) < known;
        if (twin && twins() == CHANGE_ERROR)
            die(EXIT_INPUT, "%s: %s stands there twice: see --duplicates", from, quoted_text(key));
        if (twin && twins() == CHANGE_FIRST)
            continue;
        builder_text(builder, 0, key, strlen(key));
        builder_row(builder);
        if (builder_full(builder))
            builder_flush(builder, out);
        memcpy(piece + n++ * index->dim, row.values, index->dim * sizeof *piece);
        if (n == PIECE_ROWS) {
            index_put(index, piece, n, from, out);
            n = 0;
        }
    }
    index_put(index, piece, n, from, out);
    builder_flush(builder, out);
    index_end(index, out);
    writer_end(out);
    stage_end("kind=%s rows=%zu dim=%zu", index->kind->name, index->rows, index->dim);
}

static void change(const char *path)
{
    struct change change = {.add = add, .take_out = take_out, .seed = seed, .twins = twins()};
    struct reader *in = reader_open(path);
    if (reader_header(in)->config[0] == '\0') {  // of --from
        change.table = table_name != NULL ? table_name : "vectors";
        change.key = "key";
    } else {
        struct config *config = config_from_stream(in);
        change.table = config->candidate.table;
        change.key = config_key(config, &config->candidate);
    }
    change.pool = new_pool();
    struct writer *out = writer_open(stage.output, reader_header(in));
    index_change(&change, in, out);
    writer_end(out);
    stage_end("rows=%zu added=%zu replaced=%zu deleted=%zu", change.rows, change.added, change.replaced, change.taken_out);
}

// Names of the indexes of a stream, which is read to its end, with its checksum.
static struct map *read_names(const char *path)
{
    struct map *names = map_new();
    struct reader *in = reader_open(path);
    struct frame frame;
    while (reader_next(in, &frame)) {
        const struct cells *cells = is_table(&frame, "index") ? frame_column(&frame, "name", "str") : NULL;
        for (size_t i = 0; i < frame.rows && cells != NULL; i++)
            map_add(names, cells_text(cells, i).data, cells_text(cells, i).length);
    }
    if (map_size(names) == 0)
        die(EXIT_INPUT, "%s: no table \"index\": there is nothing to check", reader_name(in));
    reader_close(in);
    return names;
}

static void check_all(const char *path)
{
    if (strcmp(path, "-") == 0)
        die_usage("--check: wanted a file");
    struct map *names = read_names(path);
    for (uint32_t i = 0; i < map_size(names); i++) {
        size_t length;
        const char *key = map_key(names, i, &length);
        struct arena arena = {0};
        struct index *index = index_load(arena_text(&arena, key, length));
        struct reader *in = reader_map(path);
        struct frame frame;
        while (reader_next(in, &frame))
            index_takes(index, &frame, true);
        index_ready(index, path);
        index_check(index, path);
        printf("%s: %s of %s, %zu rows of %zu numbers, %s: sound\n", quoted_text(index->name), index->kind->name, quoted_text(index->table), index->rows,
               index->dim, metric_name(index->metric));
        index_free(index);
        reader_close(in);
        arena_free(&arena);
    }
    map_free(names);
    stage_printed();
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    check_options();
    bool changes = add != NULL || take_out != NULL;
    if ((check && changes) || (from != NULL && (check || changes)))
        die_usage("--from, --check, and --add or --delete: choose one");
    if (check)
        check_all(path);
    if (from != NULL)
        import();
    if (changes)
        change(path);
    if (from != NULL || changes)
        return 0;
    struct reader *in = reader_open(path);
    if (table_name == NULL || queries_name == NULL) {
        struct config *config = config_from_stream(in);
        table_name = table_name != NULL ? table_name : config->candidate.table;
        queries_name = queries_name != NULL ? queries_name : config->query.table;
    }
    struct writer *out = writer_open(stage.output, reader_header(in));

    struct index *index = NULL;
    struct sample sample = {0};
    struct arena arena = {0};
    struct frame frame;
    bool came = false;
    while (reader_next(in, &frame)) {
        check_new(&frame);
        if (is_table(&frame, queries_name))
            sample_take(&sample, &frame);
        if (!is_table(&frame, table_name)) {
            writer_put(out, &frame);
            continue;
        }
        came = true;
        size_t column = schema_find(frame.schema, "vector");
        if (column == SIZE_MAX)
            die(EXIT_INPUT, "%s: table %s has no column \"vector\": pipe it through 'embed' first", frame.place, quoted_text(table_name));
        if (index == NULL)
            index = begin(&frame, column);
        struct frame without = frame_without(&frame, column, &arena);
        writer_put(out, &without);
        index_put(index, frame.cells[column].values, frame.rows, frame.place, out);
        arena_reset(&arena);
    }
    if (!came)
        die(EXIT_INPUT, "%s: no table %s to make an index of", reader_name(in), quoted_text(table_name));
    sample_use(&sample, index);
    index_end(index, out);
    writer_end(out);
    pool_free(index->pool);
    stage_end("kind=%s rows=%zu dim=%zu", index->kind->name, index->rows, index->dim);
    return 0;
}
