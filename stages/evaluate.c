// evaluate: how good rankings are, beside what popularity alone would give.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/index/rankings.h"
#include "common/metric/figures.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"

enum { KS_MAX = 64 };

static const char *ks_text = NULL;
static bool as_stream, as_json;

static const struct arg args[] = {
    ARG_TEXT('k', "ks", &ks_text, "LIST", "lengths of lists; without it 1,5,10,50,100 by event and 10,20,100 by query"),
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
}

static const struct usage usage = {
    .purpose = "measure rankings, and popularity beside them",
    .synopsis = "[-k LIST] [--json | --stream] [FILE]",
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

static struct figures *measure(struct rankings *rankings, bool train)
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

static void print_table(struct bytes *out, const struct figures *figures, const struct rankings *rankings)
{
    size_t n_candidates;
    rankings_counts(rankings, &n_candidates);
    bytes_printf(out, "%s: %zu rows, %zu queries, %zu candidates\n\n", rankings_table(rankings), rankings_truth_rows(rankings),
                 rankings_count(rankings), n_candidates);
    bytes_printf(out, "%-14s %5s  %-8s  %7s  %-16s  %10s  %6s\n", "metric", "k", "seen", "model", "95 % interval", "popularity", "lift");
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        char interval[32] = "-", value[16] = "-", popularity[16] = "-", lift[16] = "-";
        if (!isnan(f.value))
            snprintf(value, sizeof value, "%.4f", f.value);
        if (!isnan(f.low))
            snprintf(interval, sizeof interval, "%.4f .. %.4f", f.low, f.high);
        if (!isnan(f.popularity))
            snprintf(popularity, sizeof popularity, "%.4f", f.popularity);
        if (f.popularity > 0)
            snprintf(lift, sizeof lift, "%.2f", f.value / f.popularity);
        bytes_printf(out, "%-14s %5zu  %-8s  %7s  %-16s  %10s  %6s\n", f.metric, f.k, f.excluded ? "excluded" : "kept", value, interval,
                     popularity, lift);
    }
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isnan(value))
        bytes_printf(out, ", \"%s\": null", key);
    else
        bytes_printf(out, ", \"%s\": %.9g", key, value);
}

static void print_json(struct bytes *out, const struct figures *figures)
{
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        bytes_printf(out, "{\"metric\": \"%s\", \"k\": %zu, \"seen\": \"%s\"", f.metric, f.k, f.excluded ? "excluded" : "kept");
        json_number(out, "value", f.value);
        json_number(out, "low", f.low);
        json_number(out, "high", f.high);
        json_number(out, "popularity", f.popularity);
        bytes_printf(out, ", \"n\": %zu}\n", f.n);
    }
}

static void write_metrics(struct writer *out, const struct figures *figures)
{
    static const char *const columns[][2] = {{"metric", "str"}, {"k", "u32"}, {"seen", "str"}, {"value", "f64"},
                                             {"low", "f64"}, {"high", "f64"}, {"popularity", "f64"}, {"n", "u64"}};
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, "metrics");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        schema_add(schema, &arena, columns[i][0], type_of(columns[i][1]));
    struct builder *builder = builder_new(schema);
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure f = figures_get(figures, i);
        const char *seen = f.excluded ? "excluded" : "kept";
        builder_text(builder, 0, f.metric, strlen(f.metric));
        builder_value(builder, 1, &(uint32_t){(uint32_t)f.k});
        builder_text(builder, 2, seen, strlen(seen));
        builder_value(builder, 3, &f.value);
        builder_value(builder, 4, &f.low);
        builder_value(builder, 5, &f.high);
        builder_value(builder, 6, &f.popularity);
        builder_value(builder, 7, &(uint64_t){f.n});
        builder_row(builder);
    }
    builder_flush(builder, out);
    builder_free(builder);
    arena_free(&arena);
}

static void print(const struct figures *figures, const struct rankings *rankings)
{
    struct bytes text = {0};
    if (as_json)
        print_json(&text, figures);
    else
        print_table(&text, figures, rankings);
    struct output out = output_open(stage.output);
    output_write(&out, text.data, text.length);
    output_close(&out);
    free(text.data);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (as_json && as_stream)
        die(EXIT_USAGE, "--json and --stream: choose one; try 'evaluate --help'");
    size_t ks[KS_MAX];
    (void)parse_ks("1", ks);  // a mistake is reported before reading
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    struct writer *out = as_stream ? writer_open(stage.output, reader_header(in)) : NULL;
    struct rankings *rankings = rankings_new(config->candidate.table, config->weight, stage.memory_bytes / 4);
    struct frame frame;
    while (reader_next(in, &frame)) {
        rankings_take(rankings, &frame);
        if (out != NULL)
            writer_put(out, &frame);
    }
    rankings_ready(rankings, reader_name(in));
    struct figures *figures = measure(rankings, strcmp(rankings_table(rankings), config->interactions) == 0);
    if (out != NULL) {
        write_metrics(out, figures);
        writer_end(out);
    } else {
        print(figures, rankings);
    }
    stage_end("table=%s rows=%zu queries=%zu", rankings_table(rankings), rankings_truth_rows(rankings), rankings_count(rankings));
    return 0;
}
