// rank: the best candidates of every query of a table or, with --query, of one that is typed.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/base/utf8.h"
#include "common/config/config.h"
#include "common/index/answer.h"
#include "common/index/index.h"
#include "common/index/truth.h"
#include "common/model/model.h"
#include "common/model/typed.h"
#include "common/stream/held.h"
#include "common/stream/lines.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"
#include "common/training/checkpoint.h"

static const char *index_path = NULL, *index_name = NULL, *table_name = NULL, *exclude = NULL;
static size_t k_asked, threads, history;
static struct arg_list queries_asked, with;
static bool as_json;

static const struct arg args[] = {
    ARG_TEXT('i', "index", &index_path, "FILE", "map the index and its model from FILE; without it, they come with the stream"),
    ARG_TEXT('n', "name", &index_name, "NAME", "the index to use, where there are several"),
    ARG_COUNT('k', "k", &k_asked, 0, 1 << 24, "N", "candidates a query; 0: [rank] k of the configuration, with --query 10"),
    ARG_TEXT(0, "exclude", &exclude, "WHAT", "leave out of the lists what the query has: seen"),
    ARG_TEXT('t', "table", &table_name, "TABLE", "rank for the rows of TABLE; without it test, valid or all rows"),
    ARG_LIST(0, "query", &queries_asked, "KEY", "print recommendations for KEY, and write no stream; may be repeated"),
    ARG_LIST(0, "with", &with, "COLUMN=VALUE", "with --query: the moment asked for, where the tower reads the interactions' columns"),
    ARG_COUNT(0, "history", &history, 0, 1000000, "N", "with --query: print also N of the interactions it had"),
    ARG_FLAG(0, "json", &as_json, "with --query: print JSON, an object a query"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "find the best candidates of every query, or of one",
    .synopsis = "[--index FILE] [-k N] [--exclude seen] [--table TABLE | --query KEY... [--with COLUMN=VALUE]] [FILE]",
    .example = "rank --index movies.index --query 42 -k 3",
    .see_also = "index, evaluate",
};

// What the stream or the mapped file brings.
struct source {
    const struct config *config;
    const char *model_from, *data_from; // names of streams, for messages
    const struct config_tower *tower;   // of the queries
    size_t heads;                       // vectors in a query's
    struct pool *pool;
    struct model *model;
    struct index *index;
    struct held *queries, *seen;
    struct held *candidates, *interactions;              // only with --query, as are the next two
    struct held **features;                              // (config->n_features) the tables of features, vocab/F and the like
    struct held **states;                                // (tower->n_inputs) those of the tower, once it is known
    bool contextual;                                     // some query tower is
};

static void use_task(struct source *s, const struct config_task *task)
{
    s->tower = task->query;
    s->heads = task->heads;
}

static struct source source_new(const struct config *config)
{
    struct source s = {.config = config, .pool = pool_new(stage_threads(threads))};
    use_task(&s, config_retrieval(config, "rank"));
    s.model = model_new(config, s.pool);
    bool one_tower = true;
    for (size_t i = 0; i < config->n_tasks; i++) {
        const struct config_tower *query = config->tasks[i].query;
        one_tower &= query == NULL || query == s.tower;
        s.contextual |= query != NULL && model_contextual(s.model, query);
    }
    if (one_tower)
        model_only(s.model, s.tower);
    s.index = index_load(index_name);
    s.queries = held_new();
    s.seen = held_new();
    s.candidates = held_new();
    s.interactions = held_new();
    s.features = memory_zeros(config->n_features, sizeof *s.features);
    for (size_t i = 0; i < config->n_features; i++)
        s.features[i] = held_new();
    return s;
}

// The index and the model: taken, or passed over if they come from another file.
static bool take_model(struct source *s, const struct frame *frame, bool lasts, bool wanted)
{
    const char *table = frame->schema->table;
    if (strncmp(table, "slot/", strlen("slot/")) == 0)
        return true;
    if (!wanted)
        return strcmp(table, "index") == 0 || strncmp(table, "index/", strlen("index/")) == 0 || strncmp(table, "param/", strlen("param/")) == 0;
    return index_takes(s->index, frame, lasts) || model_takes(s->model, frame);
}

// Whether the table is vocab/F, stats/F or the like of the feature.
static bool is_state_of(const char *table, const struct config_feature *feature)
{
    const char *slash = strchr(table, '/');
    const char *name = feature->of != NULL ? feature->of : feature->name;  // a sequence has the state of another
    return slash != NULL && strcmp(slash + 1, name) == 0 && strncmp(table, "param/", 6) != 0;
}

static void take_data(struct source *s, const struct frame *frame, bool lasts)
{
    if (is_table(frame, s->config->query.table))
        held_add(s->queries, frame, lasts);
    if (is_table(frame, "seen")) {
        frame_column(frame, "candidates", "u32*");
        held_add(s->seen, frame, lasts);
    }
    if (queries_asked.n == 0)
        return;
    if (is_table(frame, s->config->candidate.table))
        held_add(s->candidates, frame, lasts);
    if ((history > 0 || s->contextual) && is_table(frame, s->config->interactions))
        held_add(s->interactions, frame, lasts);
    for (size_t i = 0; i < s->config->n_features; i++)
        if (is_state_of(frame->schema->table, &s->config->features[i]))
            held_add(s->features[i], frame, lasts);
}

static void source_ready(struct source *s, const char *model_from, const char *data_from)
{
    s->model_from = model_from;
    s->data_from = data_from;
    index_ready(s->index, model_from);
    model_ready(s->model, model_from);
    if (strcmp(s->index->table, s->config->candidate.table) != 0)
        die(EXIT_INPUT, "%s: index %s is of table %s, wanted the candidates, %s", model_from, quoted_text(s->index->name),
            quoted_text(s->index->table), quoted_text(s->config->candidate.table));
    for (size_t i = 0; i < s->config->n_tasks; i++)
        if (s->config->tasks[i].candidate != NULL && strcmp(s->config->tasks[i].candidate->name, s->index->name) == 0)
            use_task(s, &s->config->tasks[i]);
    s->states = memory_zeros(s->tower->n_inputs, sizeof *s->states);
    for (size_t i = 0; i < s->tower->n_inputs; i++)
        s->states[i] = s->features[s->tower->inputs[i] - s->config->features];
    size_t dim = model_dim(s->model, s->tower);
    if (dim != s->index->dim * s->heads)
        die(EXIT_INPUT, "%s: index %s has vectors of %zu numbers, but tower %s gives %zu, wanted %zu", model_from,
            quoted_text(s->index->name), s->index->dim, quoted_text(s->tower->name), dim, s->index->dim * s->heads);
    if (held_schema(s->queries) == NULL || held_schema(s->seen) == NULL)
        die(EXIT_INPUT, "%s: no table %s: the stream has to come through 'vocab'", data_from,
            held_schema(s->seen) == NULL ? "\"seen\"" : quoted_text(s->config->query.table));
    if (held_rows(s->seen) != held_rows(s->queries))
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but %s has %zu", data_from, held_rows(s->seen),
            quoted_text(s->config->query.table), held_rows(s->queries));
}

// What a query has seen: checked to be rising and in range.
static const uint32_t *seen_by(const struct source *s, size_t query, size_t *n)
{
    size_t row = query;
    const struct cells *seen = frame_column(held_find(s->seen, &row), "candidates", "u32*");
    const uint32_t *rows = (const uint32_t *)seen->values + seen->lists[row];
    *n = seen->lists[row + 1] - seen->lists[row];
    for (size_t i = 0; i < *n; i++)
        if (rows[i] >= s->index->rows || (i > 0 && rows[i] <= rows[i - 1]))
            die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, wanted rising ones below %zu", s->data_from, query, rows[i],
                s->index->rows);
    return rows;
}

//   context  beside them, if the tower reads columns of the interactions, else NULL
//   numbers  (rows->rows) of the queries, for messages
static void query_vectors(struct source *s, const struct frame *rows, const struct frame *context, const uint32_t *numbers, float *out)
{
    model_vectors(s->model, s->tower, rows, context, out);
    size_t dim = s->index->dim * s->heads;
    for (size_t i = 0; i < rows->rows * dim; i++)
        if (!isfinite(out[i]))
            die(EXIT_INPUT, "%s: query %u: tower %s gives a vector with %g in it", s->model_from, numbers[i / dim],
                quoted_text(s->tower->name), (double)out[i]);
}

// Searches for a group of queries and adds a row of `rankings` for each.
static void rank_group(struct source *s, struct truth *truth, const uint32_t *queries, size_t first, size_t n, size_t k, bool deep,
                       struct builder *rankings, struct arena *arena)
{
    float *vectors = arena_array(arena, n * s->heads * s->index->dim, sizeof *vectors);
    const struct frame *contexts = truth_context(truth);
    struct frame context = contexts != NULL ? frame_slice(contexts, first, first + n, arena) : (struct frame){0};
    query_vectors(s, held_select(s->queries, queries + first, n), contexts != NULL ? &context : NULL, queries + first, vectors);
    struct topk_query *asked = arena_zeros(arena, n, sizeof *asked);
    struct topk_hit *hits = arena_array(arena, n * k, sizeof *hits);
    for (size_t i = 0; i < n; i++) {
        asked[i].hits = hits + i * k;
        truth_ask(truth, first + i, &asked[i]);
        if (!deep && exclude == NULL)
            continue;
        asked[i].apart = seen_by(s, queries[first + i], &asked[i].n_apart);
        if (deep)
            asked[i].apart_scores = arena_array(arena, asked[i].n_apart, sizeof *asked[i].apart_scores);
    }
    index_search(s->index, s->heads, vectors, asked, n, k, s->pool, arena);
    for (size_t i = 0; i < n; i++) {
        struct topk_hit *list = asked[i].hits;
        size_t length = asked[i].n_hits;
        if (deep) {
            list = arena_array(arena, asked[i].n_hits + asked[i].n_apart, sizeof *list);
            length = topk_merged(&asked[i], k, list, arena);
        }
        builder_value(rankings, 0, &queries[first + i]);
        for (size_t j = 0; j < length; j++) {
            builder_value(rankings, 1, &list[j].row);
            builder_value(rankings, 2, &list[j].score);
        }
        builder_row(rankings);
    }
}

static size_t rank_all(struct source *s, struct truth *truth, struct writer *out)
{
    enum { GROUP_MAX = 1024, HITS_MAX = 8 << 20 };
    struct arena lasting = {0}, arena = {0};
    struct schema *schema = schema_new(&lasting, "rankings");
    schema_add(schema, &lasting, "query", type_of("u32"));
    schema_add(schema, &lasting, "candidates", type_of("u32*"));
    schema_add(schema, &lasting, "scores", type_of("f32*"));
    struct builder *rankings = builder_new(schema);

    size_t n, k = k_asked != 0 ? k_asked : s->config->k;
    if (k > s->index->rows)
        k = s->index->rows;
    size_t group = k > HITS_MAX / GROUP_MAX ? HITS_MAX / k + 1 : GROUP_MAX;
    const uint32_t *queries = truth_queries(truth, &n);
    bool deep = exclude == NULL && strcmp(truth_table(truth), s->config->interactions) != 0;
    struct progress progress = progress_begin("queries", n);
    for (size_t at = 0; at < n; at += group) {
        rank_group(s, truth, queries, at, n - at < group ? n - at : group, k, deep, rankings, &arena);
        arena_reset(&arena);
        if (builder_full(rankings))
            builder_flush(rankings, out);
        progress_step(&progress, at, "k %zu", k);
    }
    builder_flush(rankings, out);
    progress_end(&progress);
    builder_free(rankings);
    arena_free(&arena);
    arena_free(&lasting);
    return n;
}

static void rank_stream(const char *path)
{
    struct reader *in = reader_open(path);
    struct config *config = config_from_stream(in);
    struct reader *file = index_path != NULL ? reader_map(index_path) : NULL;
    struct source s = source_new(file != NULL ? config_from_stream(file) : config);
    struct checkpoint_data of_index = {0}, of_stream = {0};
    struct frame frame;
    while (file != NULL && reader_next(file, &frame)) {
        checkpoint_look(&of_index, &frame);
        take_model(&s, &frame, true, true);
    }

    struct writer *out = writer_open(stage.output, reader_header(in));
    struct arena names = {0};
    const char *tables[] = {arena_printf(&names, "%s.test", config->interactions), arena_printf(&names, "%s.valid", config->interactions),
                            config->interactions};
    struct truth *truth = truth_new(table_name != NULL ? &table_name : tables, table_name != NULL ? 1 : 3, stage.memory_bytes / 2);
    while (reader_next(in, &frame)) {
        if (is_table(&frame, "rankings"))
            die(EXIT_INPUT, "%s: there are rankings already", frame.place);
        if (file != NULL)
            checkpoint_look(&of_stream, &frame);
        if (take_model(&s, &frame, false, file == NULL) || truth_takes(truth, &frame))
            continue;
        take_data(&s, &frame, false);
        writer_put(out, &frame);
    }
    if (of_stream.value != 0 && of_stream.value != of_index.value)
        die(EXIT_INPUT, "%s: an index of other data: its vocabularies are not those of %s", index_path, reader_name(in));
    source_ready(&s, file != NULL ? index_path : reader_name(in), reader_name(in));
    index_check(s.index, s.model_from);
    size_t n_context;
    const char **context = model_context(s.model, s.tower, &n_context);
    truth_set_context(truth, context, n_context);
    truth_ready(truth, reader_name(in), held_rows(s.queries), s.index->rows);
    size_t n = rank_all(&s, truth, out);
    truth_write(truth, out);
    writer_end(out);
    stage_end("table=%s queries=%zu candidates=%zu dim=%zu", truth_table(truth), n, s.index->rows, s.index->dim);
    pool_free(s.pool);
}

static void print_answers(const struct source *s, const struct topk_query *asked, const size_t *rows)
{
    struct answers *answers = answers_new(s->config, s->candidates, history > 0 ? s->interactions : NULL, s->data_from);
    struct output output = output_open(stage.output);
    FILE *out = output_file(&output);
    for (size_t i = 0; i < queries_asked.n; i++) {
        const char *key = queries_asked.items[i];
        struct answer answer = {{key, strlen(key)}, rows[i] != SIZE_MAX, rows[i], asked[i].hits, asked[i].n_hits};
        struct bytes text = {0};
        if (as_json) {
            answers_json(answers, &answer, history, &text);
            fputs(text.data, out);
        } else {
            lines_text(&text, key, strlen(key), false);
            fprintf(out, "%s\n", text.data != NULL ? text.data : "");
            grid_print(answers_grid(answers, &answer, history), out);
        }
        free(text.data);
    }
    output_close(&output);
    answers_free(answers);
}

// The vector of a typed query.
//   row  of the key in the table of queries, or SIZE_MAX
static void typed_vector(struct source *s, const char *key, size_t row, const char *source, float *out, struct arena *arena)
{
    uint32_t number = (uint32_t)row;
    struct frame asked, context = {0};
    if (row == SIZE_MAX) {
        asked = typed_row(s->config, s->tower, s->states, key, source, arena);
        warn("unknown query %s: recommended as out of vocabulary", quoted_text(key));
    } else {
        asked = *held_select(s->queries, &number, 1);
    }
    if (model_contextual(s->model, s->tower) || with.n > 0)
        context = typed_context(s->config, s->tower, s->states, s->interactions, row, &asked, &with, source, arena);
    query_vectors(s, &asked, context.rows > 0 ? &context : NULL, &number, out);
}

// A mapped index is searched without a look at all its numbers: one that is infinite or too large shows in the scores.
static void check_hits(const struct source *s, const struct topk_query *query)
{
    for (size_t i = 0; i < query->n_hits; i++)
        if (!isfinite(query->hits[i].score))
            die(EXIT_INPUT, "%s: index %s: row %u: a score of %g, wanted a finite one", s->model_from, quoted_text(s->index->name),
                query->hits[i].row, (double)query->hits[i].score);
}

static void answer_queries(const char *path)
{
    struct reader *in = index_path != NULL ? reader_map(index_path) : reader_open(path);
    struct source s = source_new(config_from_stream(in));
    struct frame frame;
    while (reader_next(in, &frame))
        if (!take_model(&s, &frame, index_path != NULL, true))
            take_data(&s, &frame, index_path != NULL);
    source_ready(&s, reader_name(in), reader_name(in));
    if (index_path == NULL)
        index_check(s.index, s.model_from);
    if (held_rows(s.candidates) != s.index->rows)
        die(EXIT_INPUT, "%s: index %s has %zu rows, but table %s has %zu", reader_name(in), quoted_text(s.index->name), s.index->rows,
            quoted_text(s.index->table), held_rows(s.candidates));

    struct arena arena = {0};
    size_t n = queries_asked.n, k = k_asked != 0 ? k_asked : 10, *rows = arena_array(&arena, n, sizeof *rows);
    k = k < s.index->rows ? k : s.index->rows;
    typed_find(s.config, s.queries, queries_asked.items, n, rows);
    struct topk_query *asked = arena_zeros(&arena, n, sizeof *asked);
    float *vectors = arena_array(&arena, n * s.heads * s.index->dim, sizeof *vectors);
    for (size_t i = 0; i < n; i++) {
        typed_vector(&s, queries_asked.items[i], rows[i], reader_name(in), vectors + i * s.heads * s.index->dim, &arena);
        asked[i].hits = arena_array(&arena, k, sizeof *asked[i].hits);
        if (rows[i] != SIZE_MAX && exclude != NULL)
            asked[i].apart = seen_by(&s, rows[i], &asked[i].n_apart);
    }
    index_search(s.index, s.heads, vectors, asked, n, k, s.pool, &arena);
    for (size_t i = 0; i < n; i++)
        check_hits(&s, &asked[i]);
    print_answers(&s, asked, rows);
    stage_end("queries=%zu candidates=%zu dim=%zu", n, s.index->rows, s.index->dim);
    pool_free(s.pool);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (exclude != NULL && strcmp(exclude, "seen") != 0)
        die(EXIT_USAGE, "--exclude %s: wanted seen; try 'rank --help'", quoted_text(exclude));
    if (queries_asked.n > 0 && table_name != NULL)
        die(EXIT_USAGE, "--query and --table: choose one; try 'rank --help'");
    if (queries_asked.n == 0 && (history > 0 || as_json || with.n > 0))
        die(EXIT_USAGE, "%s: only with --query; try 'rank --help'", as_json ? "--json" : history > 0 ? "--history" : "--with");
    for (size_t i = 0; i < queries_asked.n; i++)
        if (!utf8_valid(queries_asked.items[i], strlen(queries_asked.items[i]), NULL))
            die(EXIT_USAGE, "--query %s: not valid UTF-8; try 'rank --help'", quoted_text(queries_asked.items[i]));
    if (queries_asked.n > 0)
        answer_queries(path);
    else
        rank_stream(path);
    return 0;
}
