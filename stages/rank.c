// rank: the best candidates of every query of a table or, as text, of everyone, of a query that is typed, of somebody who likes some candidates,
// or like a candidate.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/base/utf8.h"
#include "common/config/config.h"
#include "common/index/allowed.h"
#include "common/index/answer.h"
#include "common/index/probe.h"
#include "common/index/truth.h"
#include "common/math/bits.h"
#include "common/math/matrix.h"
#include "common/recommend/asked.h"
#include "common/recommend/everyone.h"
#include "common/recommend/origin.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

static const char *vectors = NULL, *truth_path = NULL, *index_name = NULL, *table_name = NULL, *filter = NULL, *only = NULL, *rerank = NULL;
static size_t k_asked, pool = 100, threads, history;
static double mmr = 1, recall;
static struct arg_list indexes, queries, similar, likes, with, exclude;
static bool everyone, as_json, as_csv;

static const struct arg args[] = {
    ARG_LIST('i', "index", &indexes, "FILE", "map index and model from FILE, without it they come with the stream; repeated: more candidates"),
    ARG_TEXT('n', "name", &index_name, "NAME", "the index to use, where there are several"),
    ARG_REAL('r', "recall", &recall, 0, 1, "R", "the recall to search for, if the index is not exact; 0: what it was built for"),
    ARG_COUNT('k', "k", &k_asked, 0, 1 << 24, "N", "candidates a query; 0: [rank] k of the configuration, as text 10"),
    ARG_TEXT('t', "table", &table_name, "TABLE", "rank for the rows of TABLE; without it test, valid or all rows"),
    ARG_LIST(0, "query", &queries, "KEY", "print recommendations for the query KEY, and write no stream; may be repeated"),
    ARG_FLAG(0, "all", &everyone, "print recommendations for every query"),
    ARG_LIST(0, "similar", &similar, "KEY", "print candidates like the candidate KEY; may be repeated"),
    ARG_LIST(0, "likes", &likes, "KEY", "print recommendations for somebody who likes the candidate KEY; repeated: and this one"),
    ARG_LIST(0, "with", &with, "COLUMN=VALUE", "for text: the moment asked for, where the tower reads the interactions' columns"),
    ARG_COUNT(0, "history", &history, 0, 1000000, "N", "with --query: print also N of the interactions it had"),
    ARG_FLAG(0, "json", &as_json, "for text: print JSON, an object a query"),
    ARG_FLAG(0, "csv", &as_csv, "for text: print CSV, a line a recommendation"),
    ARG_LIST(0, "exclude", &exclude, "WHAT", "leave out of the lists what the query has: seen; or the keys in a file; may be repeated"),
    ARG_TEXT(0, "only", &only, "FILE", "recommend only the candidates whose keys are in FILE, one a line"),
    ARG_TEXT(0, "filter", &filter, "CONDITION", "recommend only candidates that meet it: 'year >= 1990 and genres has Comedy'"),
    ARG_TEXT(0, "rerank", &rerank, "HEAD", "order the best of the search by what this head of the model predicts"),
    ARG_REAL(0, "mmr", &mmr, 0, 1, "LAMBDA", "diverse lists: the weight of relevance, against likeness to what stands above; 1: that alone"),
    ARG_COUNT(0, "rerank-n", &pool, 1, 1 << 20, "N", "candidates of the search that --rerank and --mmr choose from"),
    ARG_TEXT(0, "vectors", &vectors, "FILE", "print the nearest rows of the index for the vectors in FILE (.npy, .fvecs, word2vec), as CSV"),
    ARG_TEXT(0, "truth", &truth_path, "FILE", "with --vectors: print the recall instead, by the exact lists in FILE (.ivecs)"),
    ARG_COUNT(0, "threads", &threads, 0, POOL_THREADS_MAX, "N", "worker threads; 0: one a processor"),
    ARG_END,
};

static void print_conditions(void)
{
    printf("\nconditions of --filter, over the columns of the candidates:\n"
           "  COLUMN < <= = != >= > NUMBER    COLUMN = != TEXT    LIST has ITEM    not, and, or, ( )\n"
           "  words with spaces stand in quotes: genres has 'Film Noir'\n");
}

static const struct usage usage = {
    .purpose = "find the best candidates of every query, or of one, or like one",
    .synopsis = "[--index FILE]... [-k N] [--exclude WHAT]... [--filter CONDITION] [--table TABLE] [FILE]\n"
                "       rank [--index FILE]... [-k N] {--query KEY... | --all | --similar KEY... | --likes KEY...} [--json | --csv] [FILE]\n"
                "       rank --index FILE... --vectors FILE [--truth FILE] [-k N]",
    .example = "rank --index movies.index --query 42 -k 3",
    .see_also = "index, evaluate",
    .more = print_conditions,
};

static bool for_text(void)
{
    return queries.n > 0 || everyone || similar.n > 0 || likes.n > 0;
}

static bool excludes_seen(void)
{
    for (size_t i = 0; i < exclude.n; i++)
        if (strcmp(exclude.items[i], "seen") == 0)
            return true;
    return false;
}

// Whether some rule is about candidates, whoever is asking.
static bool has_rules(void)
{
    return filter != NULL || only != NULL || exclude.n > (size_t)excludes_seen();
}

static const uint64_t *find_allowed(const struct recommender *r, struct arena *arena)
{
    if (!has_rules())
        return NULL;
    uint64_t *allowed = allowed_all(r->index->rows, arena);
    if (filter != NULL)
        allowed_filter(allowed, r->candidates, filter);
    if (only != NULL)
        allowed_keys(allowed, r->candidates, recommender_key(r), only, true);
    for (size_t i = 0; i < exclude.n; i++)
        if (strcmp(exclude.items[i], "seen") != 0)
            allowed_keys(allowed, r->candidates, recommender_key(r), exclude.items[i], false);
    if (bits_count(allowed, r->index->rows) == 0)
        warn("no candidate is left: the lists are empty");
    return allowed;
}

static struct lists_plan make_plan(const struct recommender *r, size_t k, struct arena *arena)
{
    struct lists_plan plan = {.k = k_asked != 0 ? k_asked : k, .exclude_seen = excludes_seen(), .mmr = mmr < 1, .lambda = mmr, .pool = pool};
    if (plan.k > r->index->rows)
        plan.k = r->index->rows;
    plan.allowed = find_allowed(r, arena);
    plan.head = rerank != NULL ? recommender_head(r, "--rerank", rerank, arena) : NULL;
    return plan;
}

static struct recommender *open_recommender(const struct recommender_needs *needs, const struct config *config, bool all, struct origin *origin)
{
    size_t n = stage_threads(threads);
    return indexes.n > 0 ? recommender_map(&indexes, needs, all, origin, n) : recommender_new(config, needs, n);
}

static void rank_stream(const char *path)
{
    struct reader *in = reader_open(path);
    struct config *config = config_from_stream(in);
    struct origin of_index = {0}, of_stream = {0};
    bool mapped = indexes.n > 0;
    const struct recommender_needs needs = {.index_name = index_name, .candidates = has_rules(), .heads = rerank != NULL};
    struct recommender *r = open_recommender(&needs, config, false, &of_index);
    struct frame frame;
    struct writer *out = writer_open(stage.output, reader_header(in));
    struct arena arena = {0};
    struct truth *truth = truth_new(config, table_name, stage.memory_bytes / 2);
    while (reader_next(in, &frame)) {
        if (is_table(&frame, "rankings"))
            die(EXIT_INPUT, "%s: there are rankings already", frame.place);
        if (mapped)
            origin_look(&of_stream, config, &frame);
        if (mapped ? recommender_is_model(&frame) : recommender_takes_model(r, &frame, false))
            continue;
        if (truth_takes(truth, &frame))
            continue;
        recommender_takes_data(r, &frame, false);
        writer_put(out, &frame);
    }
    origin_check(&of_index, &of_stream, &indexes, reader_name(in));
    recommender_ready(r, mapped ? indexes.items[0] : reader_name(in), reader_name(in));
    r->index->recall = recall;
    index_check(r->index, r->model_from);
    size_t n_context;
    const char **context = recommender_context(r, &n_context);
    truth_set_context(truth, context, n_context);
    truth_ready(truth, reader_name(in), held_rows(r->queries), r->index->rows);
    struct lists_plan plan = make_plan(r, config->k, &arena);
    plan.deep = !plan.exclude_seen && strcmp(truth_table(truth), config->interactions) != 0;
    size_t n = everyone_rank(r, &plan, truth, out);
    truth_write(truth, out);
    writer_end(out);
    stage_end("table=%s queries=%zu candidates=%zu dim=%zu", truth_table(truth), n, r->index->rows, r->index->dim);
    pool_free(r->pool);
}

static void print_answers(const char *path)
{
    bool indexed = indexes.n > 0, mapped = false;
    struct reader *in = !indexed ? reader_open(path) : stage.n_operands > 0 ? reader_map_or_open(path, &mapped) : NULL;
    const struct config *config = in != NULL ? config_from_stream(in) : NULL;
    struct origin of_index = {0}, of_stream = {0};
    const struct recommender_needs needs = {.index_name = index_name, .typed = true, .interactions = history > 0, .heads = rerank != NULL};
    struct recommender *r = open_recommender(&needs, config, in == NULL, in != NULL ? &of_index : NULL);
    struct arena arena = {0};
    struct frame frame;
    while (in != NULL && reader_next(in, &frame)) {
        if (indexed)
            origin_look(&of_stream, config, &frame);
        if (indexed ? !recommender_is_model(&frame) : !recommender_takes_model(r, &frame, false))
            recommender_takes_data(r, &frame, mapped);
    }
    if (in != NULL)
        origin_check(&of_index, &of_stream, &indexes, reader_name(in));
    recommender_ready(r, indexed ? indexes.items[0] : reader_name(in), in != NULL ? reader_name(in) : indexes.items[0]);
    r->index->recall = recall;
    if (!indexed)
        index_check(r->index, r->model_from);
    struct asked asked = {
        .r = r, .plan = make_plan(r, 10, &arena), .format = as_json ? ANSWER_JSON : as_csv ? ANSWER_CSV : ANSWER_TEXT, .history = history,
        .answers = answers_new(r->config, r->candidates, history > 0 ? r->interactions : NULL, r->data_from), .with = with,
    };
    struct output output = output_open(stage.output);
    asked.out = output_file(&output);
    size_t n = everyone ? asked_everyone(&asked) : queries.n > 0 ? asked_queries(&asked, &queries)
             : similar.n > 0 ? asked_similar(&asked, &similar) : asked_likes(&asked, &likes);
    output_close(&output);
    stage_end("queries=%zu candidates=%zu dim=%zu", n, r->index->rows, r->index->dim);
    pool_free(r->pool);
}

static void print_nearest(void)
{
    struct output output = output_open(stage.output);
    matrix_reserve(stage_threads(threads));
    struct probe asked = {.indexes = &indexes, .name = index_name, .vectors = vectors, .truth = truth_path, .k = k_asked != 0 ? k_asked : 10,
                          .recall = recall, .pool = pool_new(stage_threads(threads))};
    size_t n = probe(&asked, output_file(&output));
    output_close(&output);
    stage_end("queries=%zu", n);
}

static void check_keys(const char *option, const struct arg_list *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (!utf8_valid(keys->items[i], strlen(keys->items[i]), NULL))
            die_usage("%s %s: not valid UTF-8", option, quoted_text(keys->items[i]));
}

// Words that are no files, and what they may have been meant for.
static void check_files(void)
{
    for (size_t i = 0; i < exclude.n; i++) {
        const char *near = nearest_word(exclude.items[i], (const char *[]){"seen"}, 1);
        if (near != NULL && strcmp(exclude.items[i], "seen") != 0 && access(exclude.items[i], F_OK) != 0)
            die_usage("--exclude %s: no such file, did you mean \"seen\"", quoted_text(exclude.items[i]));
    }
    const char *operand = stage.n_operands > 0 ? stage.operands[0] : "-";
    if (stage.n_operands > 0 && vectors != NULL)
        die_usage("unexpected operand %s: the index is in --index", quoted_text(operand));
    if (indexes.n > 0 && strcmp(operand, "-") != 0 && access(operand, F_OK) != 0)
        die_usage("%s: no such file; a key is asked for by --query %s", quoted_text(operand), quoted_text(operand));
}

// --vectors knows an index, and nothing of its candidates and queries.
static void check_vectors(void)
{
    const struct {
        const char *name;
        bool given;
    } idle[] = {{"--filter", filter != NULL}, {"--only", only != NULL}, {"--exclude", exclude.n > 0}, {"--mmr", mmr < 1},
                {"--rerank", rerank != NULL}, {"--json", as_json}, {"--history", history > 0}, {"--with", with.n > 0}};
    if (indexes.n == 0)
        die_usage("--vectors: wanted --index FILE with it");
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (idle[i].given)
            die_usage("--vectors: without %s, since no model and no columns take part", idle[i].name);
}

static void check_options(void)
{
    const struct {
        const char *name;
        bool given;
    } asks[] = {{"--table", table_name != NULL}, {"--query", queries.n > 0}, {"--all", everyone}, {"--similar", similar.n > 0},
                {"--likes", likes.n > 0}, {"--vectors", vectors != NULL}};
    for (size_t i = 0; i < 6; i++)
        for (size_t j = i + 1; j < 6; j++)
            if (asks[i].given && asks[j].given)
                die_usage("%s and %s: choose one", asks[j].name, asks[i].name);
    if (vectors != NULL)
        check_vectors();
    if (truth_path != NULL && vectors == NULL)
        die_usage("--truth: only with --vectors");
    if (as_json && as_csv)
        die_usage("--json and --csv: choose one");
    if (history > 0 && (queries.n == 0 || as_csv))
        die_usage("--history: only with --query, and not as CSV");
    if (!for_text() && (as_json || as_csv))
        die_usage("%s: only with --query, --all, --similar or --likes", as_json ? "--json" : "--csv");
    if (with.n > 0 && (!for_text() || similar.n > 0))
        die_usage("--with: only with --query, --all or --likes");
    if (rerank != NULL && similar.n > 0)
        die_usage("--rerank: not with --similar, which asks for nobody for whom a head could predict");
    if (excludes_seen() && similar.n > 0)
        die_usage("--exclude seen: not with --similar, which asks for nobody who could have seen something");
    check_keys("--query", &queries);
    check_keys("--similar", &similar);
    check_keys("--likes", &likes);
    check_keys("--filter", &(struct arg_list){&filter, filter != NULL});
    check_files();
    stage.instead = indexes.n == 0 ? "--index FILE" : "--query, --all, --similar or --likes, or a FILE of rows to rank for, such as that of --index";
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    check_options();
    if (vectors != NULL)
        print_nearest();
    else if (for_text())
        print_answers(path);
    else
        rank_stream(path);
    return 0;
}
