// evaluate: how good rankings are, beside what popularity alone would give.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/pool.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/evaluation/comparison.h"
#include "common/evaluation/contest.h"
#include "common/evaluation/prediction_report.h"
#include "common/evaluation/similar.h"
#include "common/evaluation/trec.h"
#include "common/evaluation/trial.h"
#include "common/metric/prediction.h"
#include "common/stream/builder.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

static const char *ks_text, *baselines_text, *by_text, *vectors_path, *trec_prefix, *against_path;
static size_t threads;
static bool as_stream, as_json;

static const struct arg args[] = {
    ARG_TEXT('k', "ks", &ks_text, "LIST", "lengths of lists; without it 1,5,10,50,100 by event and 10,20,100 by query"),
    ARG_TEXT('b', "baseline", &baselines_text, "LIST", "recommenders to stand beside the model, such as knn,ease(lambda=500)"),
    ARG_TEXT(0, "by", &by_text, "COLUMNS", "figures for each value of these columns of queries or candidates too, with commas between them"),
    ARG_TEXT(0, "vectors", &vectors_path, "FILE", "an index, or a stream of 'embed': how alike the candidates of a list are"),
    ARG_TEXT(0, "against", &against_path, "FILE", "compare with another run over the same rows: differences, and whether they may be chance"),
    ARG_TEXT(0, "trec", &trec_prefix, "PREFIX", "write PREFIX.run and PREFIX.qrels too, as trec_eval reads them"),
    ARG_COUNT('t', "threads", &threads, 0, POOL_THREADS_MAX, "N", "threads that fit baselines; 0: one a processor"),
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
    printf("\nmetrics of predictions, in the stream of 'score':\n");
    for (size_t i = 0; prediction_kinds[i] != NULL; i++)
        printf("  %-14s%s: %s\n", prediction_kinds[i]->name, prediction_kinds[i]->regression ? "regression" :
               prediction_kinds[i]->binary ? "classification" : "both", prediction_kinds[i]->meaning);
    printf("\nbaselines, beside popularity:\n");
    for (size_t i = 0; baseline_kinds[i] != NULL; i++)
        printf("  %s(%s)\n      %s\n", baseline_kinds[i]->name, baseline_kinds[i]->arguments, baseline_kinds[i]->meaning);
}

static const struct usage usage = {
    .purpose = "measure rankings and predictions, and popularity beside them",
    .synopsis = "[-k LIST] [-b LIST] [--by COLUMNS] [--json | --stream] [FILE]",
    .example = "rank < movies.index | evaluate",
    .see_also = "rank, score, show",
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
                die_usage("--by: column %s comes twice", quoted_text(more[n]));
        if (end == p)
            die_usage("--by %s: wanted names of columns with commas between them", quoted_text(by_text));
        *columns = more;
        p = comma != NULL ? comma + 1 : NULL;
    }
    return n;
}

// All that is judged in a stream. There are no rankings (trial NULL) if only predictions came, nor predictions if only rankings did.
struct judgement {
    const struct config *config;
    struct rankings *rankings;
    struct predictions *predictions;
    struct contest *contest;
    struct slices *slices;        // NULL: none are asked for
    bool ranked;
    struct trial *trial;
    bool trained_on;              // the rows that the trial judges by
    struct comparison *comparison;   // NULL: none is asked for
};

static void print(const struct judgement *j)
{
    struct bytes text = {0};
    if (j->trial != NULL && as_json) {
        report_json(&text, trial_report(j->trial));
    } else if (j->trial != NULL) {
        size_t n_candidates;
        rankings_counts(j->rankings, &n_candidates);
        bytes_printf(&text, "%s: %zu rows, %zu queries, %zu candidates%s\n\n", rankings_table(j->rankings), rankings_truth_rows(j->rankings),
                     rankings_count(j->rankings), n_candidates, j->trained_on ? "; trained on: 'split' puts rows aside to judge by" : "");
        report_table(&text, trial_report(j->trial));
    }
    if (j->comparison != NULL)
        (as_json ? comparison_json : comparison_table)(j->comparison, &text);
    if (predictions_came(j->predictions) && j->trial != NULL && !as_json)
        bytes_printf(&text, "\n");
    if (predictions_came(j->predictions))
        (as_json ? prediction_report_json : prediction_report_table)(j->predictions, &text);
    struct output out = output_open(stage.output);
    output_write(&out, text.data, text.length);
    output_close(&out);
    free(text.data);
}

static void write_metrics(struct writer *out, const struct judgement *j)
{
    struct arena arena = {0};
    bool trial = j->trial != NULL, predictions = predictions_came(j->predictions);
    struct builder *all[] = {
        trial ? report_rows(trial_report(j->trial), &arena) : NULL, j->comparison != NULL ? comparison_rows(j->comparison) : NULL,
        predictions ? prediction_report_metrics(j->predictions, &arena) : NULL,
        predictions ? prediction_report_calibration(j->predictions, &arena) : NULL,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct builder *rows = all[i];
        if (rows == NULL)
            continue;
        builder_flush(rows, out);
        builder_free(rows);
    }
    arena_free(&arena);
}

static struct trial *measure(struct judgement *j, struct trial_ks *ks)
{
    struct rankings *rankings = j->rankings;
    struct figures_plan plan = trial_plan(rankings, strcmp(rankings_table(rankings), j->config->interactions) == 0, ks);
    j->trained_on = plan.relevant_seen;
    plan.baselines = contest_baselines(j->contest, &plan.n_baselines);
    size_t n_candidates;
    (void)rankings_counts(rankings, &n_candidates);
    if (vectors_path != NULL)
        plan.vectors = similar_vectors(vectors_path, j->config->candidate.table, n_candidates, &plan.dim);
    struct trial *trial = trial_new(rankings, &plan, j->slices);
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

static void take(struct judgement *j, const struct frame *frame)
{
    bool scores = is_table(frame, "scores");
    j->ranked |= is_table(frame, "rankings");
    predictions_take(j->predictions, frame);
    contest_take(j->contest, frame);
    if (!scores)
        rankings_take(j->rankings, frame);
    if (j->slices != NULL)
        slices_take(j->slices, frame);
}

// For an option that says something about rankings, where there are but predictions.
static void want_rankings(const char *option, const char *value, const char *source)
{
    if (value != NULL)
        die(EXIT_INPUT, "%s: %s: no table \"rankings\"", source, option);
}

static void judge(struct judgement *j, const char *source)
{
    struct trial_ks ks = trial_ks(ks_text);
    const char *fault = j->slices != NULL ? slices_fault(j->slices) : NULL;
    if (fault != NULL)
        die(EXIT_INPUT, "%s: --by: %s", source, fault);
    if (predictions_came(j->predictions))
        predictions_measure(j->predictions, source, ks.query, ks.asked ? ks.n_query : 0, j->slices);
    if (predictions_came(j->predictions) && !j->ranked) {
        want_rankings("--against", against_path, source);
        want_rankings("--baseline", baselines_text, source);
        want_rankings("--vectors", vectors_path, source);
        want_rankings("--trec", trec_prefix, source);
        return;
    }
    rankings_ready(j->rankings, source);
    contest_fit(j->contest, j->rankings, source, stage.memory_bytes / 2, stage_threads(threads));
    j->trial = measure(j, &ks);
    if (against_path == NULL)
        return;
    j->comparison = comparison_new(against_path, j->config, stage.memory_bytes / 8);
    comparison_run(j->comparison, j->rankings, source, strcmp(rankings_table(j->rankings), j->config->interactions) == 0, trial_ks(ks_text));
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (as_json && as_stream)
        die_usage("--json and --stream: choose one");
    struct arena arena = {0};
    (void)trial_ks(ks_text);  // mistakes are reported before reading
    trec_check(trec_prefix);
    struct judgement j = {.contest = contest_new(baselines_text)};
    const char **columns;
    size_t n_columns = parse_by(&arena, &columns);
    struct reader *in = reader_open(path);
    j.config = config_from_stream(in);
    struct writer *out = as_stream ? writer_open(stage.output, reader_header(in)) : NULL;
    j.rankings = rankings_new(j.config->candidate.table, j.config->weight, stage.memory_bytes / 4);
    j.predictions = predictions_new(j.config);
    if (n_columns > 0)
        j.slices = slices_new(columns, n_columns, j.config->query.table, j.config->candidate.table);
    struct frame frame;
    while (reader_next(in, &frame)) {
        take(&j, &frame);
        if (out != NULL)
            writer_put(out, &frame);
    }
    judge(&j, reader_name(in));
    if (out != NULL) {
        write_metrics(out, &j);
        writer_end(out);
    } else {
        print(&j);
    }
    if (j.trial != NULL)
        stage_end("table=%s rows=%zu queries=%zu", rankings_table(j.rankings), rankings_truth_rows(j.rankings), rankings_count(j.rankings));
    else
        stage_end("table=scores rows=%zu", predictions_rows(j.predictions));
    return 0;
}
