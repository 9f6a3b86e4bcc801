// evaluate: how good rankings are, beside what popularity alone would give.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/evaluation/contest.h"
#include "common/evaluation/similar.h"
#include "common/evaluation/trec.h"
#include "common/evaluation/trial.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

static const char *ks_text, *baselines_text, *by_text, *vectors_path, *trec_prefix;
static size_t threads;
static bool as_stream, as_json;

static const struct arg args[] = {
    ARG_TEXT('k', "ks", &ks_text, "LIST", "lengths of lists; without it 1,5,10,50,100 by event and 10,20,100 by query"),
    ARG_TEXT('b', "baseline", &baselines_text, "LIST", "recommenders to stand beside the model, such as knn,ease(lambda=500)"),
    ARG_TEXT(0, "by", &by_text, "COLUMNS", "figures for each value of these columns of queries or candidates too, with commas between them"),
    ARG_TEXT(0, "vectors", &vectors_path, "FILE", "an index, or a stream of 'embed': how alike the candidates of a list are"),
    ARG_TEXT(0, "trec", &trec_prefix, "PREFIX", "write PREFIX.run and PREFIX.qrels too, as trec_eval reads them"),
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
    for (size_t i = 0; metric_list_kinds[i] != NULL; i++)
        printf("  %-14sof lists: %s\n", metric_list_kinds[i]->name, metric_list_kinds[i]->meaning);
    for (size_t i = 0; metric_catalogue_kinds[i] != NULL; i++)
        printf("  %-14sof all lists: %s\n", metric_catalogue_kinds[i]->name, metric_catalogue_kinds[i]->meaning);
    printf("\nbaselines, beside popularity:\n");
    for (size_t i = 0; baseline_kinds[i] != NULL; i++)
        printf("  %s(%s)\n      %s\n", baseline_kinds[i]->name, baseline_kinds[i]->arguments, baseline_kinds[i]->meaning);
}

static const struct usage usage = {
    .purpose = "measure rankings, and popularity beside them",
    .synopsis = "[-k LIST] [-b LIST] [--by COLUMNS] [--json | --stream] [FILE]",
    .example = "rank < movies.index | evaluate",
    .see_also = "rank, show",
    .more = print_metrics,
};

// The columns of --by, in the arena.
static size_t parse_by(struct arena *arena, const char ***columns)
{
    size_t n = 0;
    *columns = NULL;
    for (const char *p = by_text; p != NULL; n++) {
        const char *comma = strchr(p, ','), *end = comma != NULL ? comma : p + strlen(p);
        const char **more = arena_array(arena, n + 1, sizeof *more);
        if (n > 0)
            memcpy(more, *columns, n * sizeof *more);
        more[n] = arena_text(arena, p, (size_t)(end - p));
        for (size_t i = 0; i < n; i++)
            if (strcmp(more[i], more[n]) == 0)
                die(EXIT_USAGE, "--by: column %s comes twice; try 'evaluate --help'", quoted_text(more[n]));
        if (end == p)
            die(EXIT_USAGE, "--by %s: wanted names of columns with commas between them; try 'evaluate --help'", quoted_text(by_text));
        *columns = more;
        p = comma != NULL ? comma + 1 : NULL;
    }
    return n;
}

static void print(const struct report *report, const struct rankings *rankings)
{
    struct bytes text = {0};
    if (as_json) {
        report_json(&text, report);
    } else {
        size_t n_candidates;
        rankings_counts(rankings, &n_candidates);
        bytes_printf(&text, "%s: %zu rows, %zu queries, %zu candidates\n\n", rankings_table(rankings), rankings_truth_rows(rankings),
                     rankings_count(rankings), n_candidates);
        report_table(&text, report);
    }
    struct output out = output_open(stage.output);
    output_write(&out, text.data, text.length);
    output_close(&out);
    free(text.data);
}

static void write_metrics(struct writer *out, const struct report *report)
{
    struct arena arena = {0};
    struct builder *rows = report_rows(report, &arena);
    builder_flush(rows, out);
    builder_free(rows);
    arena_free(&arena);
}

static struct trial *measure(struct rankings *rankings, bool train, struct trial_ks *ks, const struct contest *contest,
                             struct slices *slices, const struct config *config)
{
    struct figures_plan plan = trial_plan(rankings, train, ks);
    plan.baselines = contest_baselines(contest, &plan.n_baselines);
    size_t n_candidates;
    (void)rankings_counts(rankings, &n_candidates);
    if (vectors_path != NULL)
        plan.vectors = similar_vectors(vectors_path, config->candidate.table, n_candidates, &plan.dim);
    struct trial *trial = trial_new(rankings, &plan, slices);
    struct trec *trec = trec_prefix != NULL ? trec_open(trec_prefix, !plan.relevant_seen, n_candidates) : NULL;
    struct ranking ranking;
    while (rankings_next(rankings, &ranking)) {
        trial_add(trial, &ranking);
        if (trec != NULL)
            trec_add(trec, &ranking);
    }
    if (trec != NULL)
        trec_close(trec);
    return trial;
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (as_json && as_stream)
        die(EXIT_USAGE, "--json and --stream: choose one; try 'evaluate --help'");
    struct arena arena = {0};
    struct trial_ks ks = trial_ks(ks_text);  // mistakes are reported before reading
    struct contest *contest = contest_new(baselines_text);
    const char **columns;
    size_t n_columns = parse_by(&arena, &columns);
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct writer *out = as_stream ? writer_open(stage.output, reader_header(in)) : NULL;
    struct rankings *rankings = rankings_new(config->candidate.table, config->weight, stage.memory_bytes / 4);
    struct slices *slices = n_columns > 0 ? slices_new(columns, n_columns, config->query.table, config->candidate.table) : NULL;
    struct frame frame;
    while (reader_next(in, &frame)) {
        rankings_take(rankings, &frame);
        contest_take(contest, &frame);
        if (slices != NULL)
            slices_take(slices, &frame);
        if (out != NULL)
            writer_put(out, &frame);
    }
    rankings_ready(rankings, reader_name(in));
    const char *fault = slices != NULL ? slices_fault(slices) : NULL;
    if (fault != NULL)
        die(EXIT_INPUT, "%s: --by: %s", reader_name(in), fault);
    contest_fit(contest, rankings, reader_name(in), stage.memory_bytes / 2, stage_threads(threads));
    struct trial *trial = measure(rankings, strcmp(rankings_table(rankings), config->interactions) == 0, &ks, contest, slices, config);
    if (out != NULL) {
        write_metrics(out, trial_report(trial));
        writer_end(out);
    } else {
        print(trial_report(trial), rankings);
    }
    stage_end("table=%s rows=%zu queries=%zu", rankings_table(rankings), rankings_truth_rows(rankings), rankings_count(rankings));
    return 0;
}
