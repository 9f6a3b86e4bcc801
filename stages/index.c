// index: take the vectors out of a table, and make of them an index that answers queries.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/index/change.h"
#include "common/index/import.h"
#include "common/index/metric.h"
#include "common/index/sample.h"
#include "common/math/matrix.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

static const char *kind_name = "auto", *index_name = NULL, *table_name = NULL, *queries_name = NULL, *metric = "inner";
static const char *from = NULL, *add = NULL, *take_out = NULL, *duplicates = "error";
#define RECALL_USUAL 0.99
static double recall = RECALL_USUAL;
static bool check;
static size_t seed = 42, threads;

static const struct arg args[] = {
    ARG_TEXT('k', "kind", &kind_name, "KIND", "the kind of index"),
    ARG_TEXT('n', "name", &index_name, "NAME", "its name: the tables are index/NAME...; without it, candidate"),
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
    .synopsis = "[--kind KIND] [--recall R] [--name NAME] [--table TABLE] [FILE]\n"
                "       index --from FILE\n       index {[--add FILE] [--delete FILE] | --check} [FILE]",
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

static struct index *begin(size_t dim)
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

// The column `vector` of the table that is indexed.
static size_t vector_column(const struct frame *frame)
{
    size_t column = schema_find(frame->schema, "vector");
    if (column == SIZE_MAX)
        die(EXIT_INPUT, "%s: table %s has no column \"vector\": pipe it through 'embed' first, or change an index by --add or --delete",
            frame->place, quoted_text(table_name));
    struct type type = frame->schema->columns[column].type;
    if (!type_is_vector(type))
        die(EXIT_INPUT, "%s: table %s: column \"vector\" is %s, wanted f32[n]", frame->place, quoted_text(table_name), type_name(type));
    return column;
}

// Tables index/NAME and index/NAME/... may not be there yet.
static void check_new(const struct frame *frame)
{
    if (index_owns(index_name, frame->schema->table))
        die(EXIT_INPUT, "%s: there is an index %s already: choose another --name", frame->place, quoted_text(index_name));
}

// Options that would do nothing.
static void check_idle(bool changes)
{
    if (changes && (strcmp(kind_name, "auto") != 0 || strcmp(metric, "inner") != 0 || recall != RECALL_USUAL))
        die_usage("--kind, --metric, --recall: an index that is changed keeps its own; make it anew for others");
    if (changes && index_name != NULL)
        die_usage("--name: an index that is changed keeps its own");
    if (check && (index_name != NULL || table_name != NULL))
        die_usage("--check: looks at every index of the file, whatever its --name and --table");
    if (from != NULL && queries_name != NULL)
        die_usage("--queries: not with --from, which reads no stream");
    if (!changes && from == NULL && strcmp(duplicates, "error") != 0)
        die_usage("--duplicates: only with --add or --from");
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
    index_name = index_name != NULL ? index_name : "candidate";
    if (index_name[0] == '\0' || strlen(index_name) > NAME_BYTES_MAX / 2 || strchr(index_name, '/') != NULL)
        die_usage("--name %s: wanted 1 to %d bytes without a slash", quoted_text(index_name), NAME_BYTES_MAX / 2);
}

static enum change_twins twins(void)
{
    return strcmp(duplicates, "first") == 0 ? CHANGE_FIRST : strcmp(duplicates, "keep") == 0 ? CHANGE_KEEP : CHANGE_ERROR;
}

// Vectors of a file become a table of their keys and an index.
static void import(void)
{
    if (table_name == NULL)
        table_name = "vectors";
    struct vectors *vectors = vectors_open(from);
    struct writer *out = writer_open(stage.output, NULL);
    struct index *index = begin(vectors_dim(vectors));
    index_import(index, vectors, from, twins(), out);
    writer_end(out);
    stage_end("kind=%s rows=%zu dim=%zu", index->kind->name, index->rows, index->dim);
}

// Vectors that were asked for by name, and did not come.
static void check_measured(size_t n_queries)
{
    if (queries_name != NULL && n_queries == 0)
        warn("--queries %s: no vectors of that table as wide as the index's: recall is measured by its own rows", quoted_text(queries_name));
}

static void change(const char *path)
{
    struct change change = {.add = add, .take_out = take_out, .queries = queries_name, .seed = seed, .twins = twins(),
                            .memory_bytes = stage.memory_bytes / 2};
    stage.instead = "the FILE of the index to change";
    struct reader *in = reader_open(path);
    if (reader_header(in)->config[0] == '\0') {  // of --from
        change.table = table_name != NULL ? table_name : "vectors";
        change.key = "key";
    } else {
        struct config *config = config_from_stream(in);
        change.table = config->candidate.table;
        if (table_name != NULL && strcmp(table_name, change.table) != 0)
            die_usage("--table %s: what can be changed is the index of the candidates, of %s", quoted_text(table_name), quoted_text(change.table));
        change.key = config_key(config, &config->candidate);
        change.queries = queries_name != NULL ? queries_name : config->query.table;
    }
    change.pool = new_pool();
    struct writer *out = writer_open(stage.output, reader_header(in));
    index_change(&change, in, out);
    writer_end(out);
    if (add != NULL)
        check_measured(change.measured_by);
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
        printf("%s: %s of %s, %zu rows of %zu numbers, %s: sound\n", quoted_text(index->name), index->kind->name,
               quoted_text(index->table), index->rows, index->dim, metric_name(index->metric));
        index_free(index);
        reader_close(in);
        arena_free(&arena);
    }
    map_free(names);
    stage_printed();
}

// The usual: the vectors of a table of a stream become an index.
static void make(const char *path)
{
    struct reader *in = reader_open(path);
    const char *queries = queries_name;
    if (table_name == NULL || queries == NULL) {
        struct config *config = config_from_stream(in);
        table_name = table_name != NULL ? table_name : config->candidate.table;
        queries = queries != NULL ? queries : config->query.table;
    }
    struct writer *out = writer_open(stage.output, reader_header(in));

    struct index *index = NULL;
    struct sample sample = {.seed = seed};
    struct arena arena = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        check_new(&frame);
        if (is_table(&frame, queries))
            sample_take(&sample, &frame);
        if (!is_table(&frame, table_name)) {
            writer_put(out, &frame);
            continue;
        }
        size_t column = vector_column(&frame);
        if (index == NULL)
            index = begin(frame.schema->columns[column].type.dim);
        struct frame without = frame_without(&frame, column, &arena);
        writer_put(out, &without);
        index_put(index, frame.cells[column].values, frame.rows, frame.place, out);
        arena_reset(&arena);
    }
    if (index == NULL)
        die(EXIT_INPUT, "%s: no table %s to make an index of", reader_name(in), quoted_text(table_name));
    sample_use(&sample, index);
    check_measured(index->n_queries);
    index_end(index, out);
    writer_end(out);
    pool_free(index->pool);
    stage_end("kind=%s rows=%zu dim=%zu", index->kind->name, index->rows, index->dim);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    bool changes = add != NULL || take_out != NULL;
    if (check + changes + (from != NULL) > 1)
        die_usage("--from, --check, and --add or --delete: choose one");
    check_idle(changes);
    check_options();
    if (check)
        check_all(path);
    else if (from != NULL)
        import();
    else if (changes)
        change(path);
    else
        make(path);
    return 0;
}
