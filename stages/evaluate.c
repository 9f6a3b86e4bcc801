// evaluate: how good rankings are, beside what popularity alone would give.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/index/rankings.h"
#include "common/metric/baseline.h"
#include "common/metric/figures.h"
#include "common/metric/report.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

enum { KS_MAX = 64 };

static const char *ks_text, *baselines_text;
static size_t threads;
static bool as_stream, as_json;

static const struct arg args[] = {
    ARG_TEXT('k', "ks", &ks_text, "LIST", "lengths of lists; without it 1,5,10,50,100 by event and 10,20,100 by query"),
    ARG_TEXT('b', "baseline", &baselines_text, "LIST", "recommenders to stand beside the model, such as knn,ease(lambda=500)"),
    ARG_COUNT('t', "threads", &threads, 0, 1024, "N", "threads that fit baselines; 0: one a processor"),
    ARG_FLAG(0, "json", &as_json, "print JSON, an object a line"),
    ARG_FLAG(0, "stream", &as_stream, "write the stream and the table metrics instead of printing"),
    ARG_END,
};

static void print_metrics(void)
{
    printf("\nmetrics:\n");
    for (size_t i = 0; metric_kinds[i] != NULL; i++)
        printf("  %-14sby %s: %s\n", metric_kinds[i]->name, metric_kinds[i]->by_event ? "event" : "query", metric_kinds[i]->meaning);
    printf("  %-14s%s\n", "coverage", "candidates in the first k places of any list, of the catalogue");
    printf("\nbaselines, beside popularity:\n");
    for (size_t i = 0; baseline_kinds[i] != NULL; i++)
        printf("  %s(%s)\n      %s\n", baseline_kinds[i]->name, baseline_kinds[i]->arguments, baseline_kinds[i]->meaning);
}

static const struct usage usage = {
    .purpose = "measure rankings, and popularity beside them",
    .synopsis = "[-k LIST] [-b LIST] [--json | --stream] [FILE]",
    .example = "rank < movies.index | evaluate",
    .see_also = "rank, show",
    .more = print_metrics,
};

// The ks of the option, rising; the default if it is not given.
static size_t parse_ks(const char *otherwise, size_t ks[KS_MAX])
{
    const char *text = ks_text != NULL ? ks_text : otherwise;
    size_t n = 0;
    for (const char *p = text;; p++) {
        char *end;
        unsigned long long k = strtoull(p, &end, 10);
        if (end == p || *p < '0' || *p > '9' || k < 1 || k > INT32_MAX || (*end != ',' && *end != '\0') || n == KS_MAX ||
            (n > 0 && k <= ks[n - 1]))
            die(EXIT_USAGE, "--ks %s: wanted rising whole numbers from 1, at most %d, such as 1,10,100; try 'evaluate --help'",
                quoted_text(text), KS_MAX);
        ks[n++] = (size_t)k;
        if (*end == '\0')
            return n;
        p = end;
    }
}

// The baselines that are asked for, and what they are fitted to.
struct contest {
    struct arena arena;
    struct call *calls;                          // (n)
    size_t n;
    struct gather *seen;                         // NULL if there are none
    struct baseline *baselines[BASELINES_MAX];   // (n)
};

static void contest_parse(struct contest *contest)
{
    if (baselines_text == NULL)
        return;
    contest->n = call_list(&contest->arena, baselines_text, "--baseline", &contest->calls);
    if (contest->n == 0 || contest->n > BASELINES_MAX)
        die(EXIT_USAGE, "--baseline %s: wanted 1 to %d baselines; try 'evaluate --help'", quoted_text(baselines_text), BASELINES_MAX);
    const char *names[BASELINES_MAX];
    size_t n_names = 0;
    for (; baseline_kinds[n_names] != NULL; n_names++)
        names[n_names] = baseline_kinds[n_names]->name;
    for (size_t i = 0; i < contest->n; i++) {
        const char *name = contest->calls[i].name;
        const struct baseline_kind *kind = baseline_kind(name);
        const char *near = kind == NULL ? nearest_word(name, names, n_names) : NULL;
        if (kind == NULL)
            die(EXIT_USAGE, "--baseline: there is no %s%s%s; try 'evaluate --help'", quoted_text(name), near != NULL ? ", did you mean " : "",
                near != NULL ? near : "");
        for (size_t j = 0; j < i; j++)
            if (strcmp(contest->calls[j].name, name) == 0)
                die(EXIT_USAGE, "--baseline: %s comes twice; try 'evaluate --help'", name);
        kind->check(&contest->calls[i]);
    }
    contest->seen = gather_new();
}

static void contest_fit(struct contest *contest, const struct rankings *rankings, const char *source)
{
    if (contest->n == 0)
        return;
    const struct frame *seen = gather_frame(contest->seen);
    const struct cells *cells = frame_column(seen, "candidates", "u32*");
    struct baseline_data data = {.lists = cells->lists, .taken = cells->values, .n_queries = seen->rows};
    data.counts = rankings_counts(rankings, &data.n_candidates);
    for (size_t q = 0; q < seen->rows; q++)
        for (size_t i = data.lists[q]; i < data.lists[q + 1]; i++)
            if (data.taken[i] >= data.n_candidates)
                die(EXIT_INPUT, "%s: table \"seen\": row %zu: candidate %u, but there are %zu", source, q, data.taken[i], data.n_candidates);
    double bytes = 0;
    for (size_t i = 0; i < contest->n; i++) {
        bytes += baseline_kind(contest->calls[i].name)->bytes(&contest->calls[i], &data);
        if (bytes > (double)stage.memory_bytes / 2)
            die(EXIT_WORLD, "--baseline %s: %zu candidates take %.0f MiB, but half of --memory is %zu MiB", contest->calls[i].name,
                data.n_candidates, bytes / (1 << 20), stage.memory_bytes / 2 >> 20);
    }
    struct pool *pool = pool_new(stage_threads(threads));
    for (size_t i = 0; i < contest->n; i++) {
        contest->baselines[i] = baseline_new(&contest->calls[i], &data, pool);
        if (contest->baselines[i] == NULL)
            die(EXIT_INPUT, "%s: --baseline %s: no solution in float32: give it a larger lambda", source, contest->calls[i].name);
    }
    pool_free(pool);
    gather_free(contest->seen);
}

// What the lists are good for.
struct lists {
    size_t depth;     // the largest k they can answer for
    bool has_seen;    // some list holds candidates that its query has seen
    bool any_seen;    // some query has seen anything
};

static struct lists examine(struct rankings *rankings, bool train, bool *seen, size_t n_candidates)
{
    struct lists lists = {.depth = SIZE_MAX};
    struct ranking ranking;
    while (rankings_next(rankings, &ranking)) {
        size_t n_seen = 0, in_list = 0;
        for (size_t i = 0; i < ranking.n_seen; i++) {
            n_seen += !seen[ranking.seen[i]];
            seen[ranking.seen[i]] = true;
        }
        for (size_t i = 0; i < ranking.n; i++)
            in_list += seen[ranking.candidates[i]];
        for (size_t i = 0; i < ranking.n_seen; i++)
            seen[ranking.seen[i]] = false;
        lists.has_seen |= in_list > 0;
        lists.any_seen |= n_seen > 0;
        // A list that holds everything there is answers for any k.
        size_t fresh = ranking.n - in_list, depth = train && in_list > 0 ? ranking.n : fresh;
        bool whole = fresh == n_candidates - n_seen;
        if (!whole && depth < lists.depth)
            lists.depth = depth;
    }
    rankings_rewind(rankings);
    return lists;
}

static size_t within(const size_t *ks, size_t n, size_t depth)
{
    while (n > 0 && ks[n - 1] > depth) {
        if (ks_text != NULL)
            die(EXIT_INPUT, "-k %zu: the rankings go no further than %zu: use 'rank -k %zu'", ks[n - 1], depth, ks[n - 1]);
        n--;
    }
    return n;
}

static struct figures *measure(struct rankings *rankings, const struct contest *contest, bool train)
{
    size_t event_ks[KS_MAX], query_ks[KS_MAX], n_candidates;
    const uint32_t *counts = rankings_counts(rankings, &n_candidates);
    bool *seen = memory_zeros(n_candidates, sizeof *seen);
    struct lists lists = examine(rankings, train, seen, n_candidates);
    free(seen);
    // rank --exclude leaves the seen out of the lists; then they say nothing of the figures with the seen as rivals.
    bool exclusive = lists.any_seen && !lists.has_seen;
    struct figures_plan plan = {
        .kept = !exclusive, .excluded = !train || exclusive, .relevant_seen = train && !exclusive,
        .event_ks = event_ks, .n_event_ks = parse_ks("1,5,10,50,100", event_ks),
        .query_ks = query_ks, .n_query_ks = parse_ks("10,20,100", query_ks),
        .baselines = contest->baselines, .n_baselines = contest->n,
    };
    plan.n_event_ks = within(event_ks, plan.n_event_ks, lists.depth);
    plan.n_query_ks = within(query_ks, plan.n_query_ks, lists.depth);

    struct figures *figures = figures_new(counts, n_candidates, &plan);
    struct ranking ranking;
    while (rankings_next(rankings, &ranking))
        figures_add(figures, &(struct figures_query){
                                 .list = {ranking.candidates, ranking.scores, ranking.n},
                                 .seen = ranking.seen, .n_seen = ranking.n_seen,
                                 .candidates = ranking.truth, .scores = ranking.truth_scores, .weights = ranking.truth_weights,
                                 .n_events = ranking.n_truth,
                             });
    return figures;
}

static void print(const struct figures *figures, const struct rankings *rankings)
{
    struct bytes text = {0};
    if (as_json) {
        report_json(&text, figures);
    } else {
        size_t n_candidates;
        rankings_counts(rankings, &n_candidates);
        bytes_printf(&text, "%s: %zu rows, %zu queries, %zu candidates\n\n", rankings_table(rankings), rankings_truth_rows(rankings),
                     rankings_count(rankings), n_candidates);
        report_table(&text, figures);
    }
    struct output out = output_open(stage.output);
    output_write(&out, text.data, text.length);
    output_close(&out);
    free(text.data);
}

static void write_metrics(struct writer *out, const struct figures *figures)
{
    struct arena arena = {0};
    struct builder *rows = report_rows(figures, &arena);
    builder_flush(rows, out);
    builder_free(rows);
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (as_json && as_stream)
        die(EXIT_USAGE, "--json and --stream: choose one; try 'evaluate --help'");
    size_t ks[KS_MAX];
    (void)parse_ks("1", ks);  // mistakes are reported before reading
    struct contest contest = {0};
    contest_parse(&contest);
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct writer *out = as_stream ? writer_open(stage.output, reader_header(in)) : NULL;
    struct rankings *rankings = rankings_new(config->candidate.table, config->weight, stage.memory_bytes / 4);
    struct frame frame;
    while (reader_next(in, &frame)) {
        rankings_take(rankings, &frame);
        if (contest.n > 0 && is_table(&frame, "seen"))
            gather_add(contest.seen, &frame);
        if (out != NULL)
            writer_put(out, &frame);
    }
    rankings_ready(rankings, reader_name(in));
    contest_fit(&contest, rankings, reader_name(in));
    struct figures *figures = measure(rankings, &contest, strcmp(rankings_table(rankings), config->interactions) == 0);
    if (out != NULL) {
        write_metrics(out, figures);
        writer_end(out);
    } else {
        print(figures, rankings);
    }
    stage_end("table=%s rows=%zu queries=%zu", rankings_table(rankings), rankings_truth_rows(rankings), rankings_count(rankings));
    return 0;
}
