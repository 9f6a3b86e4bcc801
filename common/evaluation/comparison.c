#include "common/evaluation/comparison.h"

#include <math.h>
#include <string.h>

#include "common/base/die.h"
#include "common/metric/paired.h"
#include "common/stream/builder.h"
#include "common/stream/lines.h"
#include "common/stream/reader.h"

struct pairs {
    double *values, *others, *weights;     // (n)
    size_t n, capacity[3];
};

struct comparison {
    struct arena arena;
    const char *name;                      // of the other run
    struct rankings *other;
    struct figures *figures, *others;
    struct pairs *pairs;                   // (n) of each figure
    struct paired_test *tests;             // (n)
    size_t n;
};

struct comparison *comparison_new(const char *path, const struct config *config, size_t memory_bytes)
{
    struct comparison *c = memory_zeros(1, sizeof *c);
    struct reader *in = reader_open(path);
    c->name = arena_text(&c->arena, reader_name(in), strlen(reader_name(in)));
    c->other = rankings_new(config->candidate.table, config->weight, memory_bytes);
    struct frame frame;
    while (reader_next(in, &frame))
        if (!is_table(&frame, "scores"))
            rankings_take(c->other, &frame);
    reader_close(in);
    rankings_ready(c->other, c->name);
    return c;
}

static void check_same(const struct comparison *c, const struct ranking *a, const struct ranking *b, size_t i, const char *source)
{
    bool same = a->query == b->query && a->n_truth == b->n_truth && a->n_seen == b->n_seen &&
                (a->n_truth == 0 || memcmp(a->truth, b->truth, a->n_truth * sizeof *a->truth) == 0) &&
                (a->n_seen == 0 || memcmp(a->seen, b->seen, a->n_seen * sizeof *a->seen) == 0);
    if (!same)
        die(EXIT_INPUT, "%s: ranking %zu answers other rows than that of %s: wanted runs over the same split", c->name, i, source);
}

static void add_pair(struct pairs *p, double value, double other, double weight)
{
    p->values = memory_grow(p->values, &p->capacity[0], p->n + 1, sizeof *p->values);
    p->others = memory_grow(p->others, &p->capacity[1], p->n + 1, sizeof *p->others);
    p->weights = memory_grow(p->weights, &p->capacity[2], p->n + 1, sizeof *p->weights);
    p->values[p->n] = value;
    p->others[p->n] = other;
    p->weights[p->n++] = weight;
}

static void add_query(struct figures *figures, const struct ranking *r)
{
    figures_add(figures, &(struct figures_query){.list = {r->candidates, r->scores, r->n}, .seen = r->seen, .n_seen = r->n_seen,
                                                 .candidates = r->truth, .scores = r->truth_scores,
                                                 .weights = r->truth_weights, .n_events = r->n_truth});
}

void comparison_run(struct comparison *c, struct rankings *rankings, const char *source, bool train, struct trial_ks ks)
{
    size_t n_candidates, n_other, n_lists = rankings_count(rankings), n_other_lists = rankings_count(c->other);
    const uint32_t *counts = rankings_counts(rankings, &n_candidates), *other_counts = rankings_counts(c->other, &n_other);
    if (n_lists != n_other_lists || n_candidates != n_other)
        die(EXIT_INPUT, "%s: %zu rankings of %zu candidates, but %s has %zu of %zu: wanted runs over the same split", c->name, n_other_lists, n_other,
            source, n_lists, n_candidates);
    rankings_rewind(rankings);
    struct figures_plan plan = trial_plan(rankings, train, &ks), other = trial_plan(c->other, train, &ks);
    plan.kept &= other.kept;
    plan.excluded &= other.excluded;
    if (plan.relevant_seen != other.relevant_seen)
        die(EXIT_INPUT, "%s: 'rank --exclude seen' made one of the runs, and not the other", c->name);
    plan.n_event_ks = ks.n_event;
    plan.n_query_ks = ks.n_query;
    c->figures = figures_new(counts, n_candidates, &plan);
    c->others = figures_new(other_counts, n_candidates, &plan);
    c->n = figures_count(c->figures);
    c->pairs = arena_zeros(&c->arena, c->n, sizeof *c->pairs);
    c->tests = arena_zeros(&c->arena, c->n, sizeof *c->tests);
    struct ranking a, b;
    for (size_t i = 0; rankings_next(rankings, &a) && rankings_next(c->other, &b); i++) {
        check_same(c, &a, &b, i, source);
        add_query(c->figures, &a);
        add_query(c->others, &b);
        for (size_t f = 0; f < c->n; f++) {
            double value, weight, its, its_weight;
            figures_last(c->figures, f, &value, &weight);
            figures_last(c->others, f, &its, &its_weight);
            if (weight > 0 && its_weight > 0)
                add_pair(&c->pairs[f], value / weight, its / its_weight, weight);
        }
    }
    rankings_rewind(rankings);
    for (size_t f = 0; f < c->n; f++)
        c->tests[f] = paired_test(&(struct paired){c->pairs[f].values, c->pairs[f].others, c->pairs[f].weights, c->pairs[f].n}, 1);
}

static const char *number(char text[32], double value)
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, "%.4f", value);
    return text;
}

void comparison_table(const struct comparison *c, struct bytes *out)
{
    bytes_printf(out, "\nagainst ");
    lines_text(out, c->name, strlen(c->name), false);
    bytes_printf(out, "\n\n%-14s %5s  %-8s  %7s  %7s  %10s  %-18s  %9s  %8s  %7s\n", "metric", "k", "seen", "model", "other", "difference",
                 "95 % interval", "bootstrap", "wilcoxon", "n");
    bool ids = figures_ids_differ(c->figures) || figures_ids_differ(c->others);
    for (size_t f = 0; f < c->n; f++) {
        struct figure figure = figures_get(c->figures, f);
        const struct paired_test *t = &c->tests[f];
        char interval[64] = "-", a[32], b[32], d[32], p[32], w[32];
        if (c->pairs[f].n == 0 || (!ids && figures_is_by_ids(c->figures, f)))
            continue;
        snprintf(interval, sizeof interval, "%.4f .. %.4f", t->low, t->high);
        bytes_printf(out, "%-14s %5zu  %-8s  %7s  %7s  %10s  %-18s  %9s  %8s  %7zu\n", figure.metric, figure.k, figure.excluded ? "excluded" : "kept",
                     number(a, t->value), number(b, t->other), number(d, t->difference), interval, number(p, t->p_bootstrap),
                     number(w, t->p_wilcoxon), c->pairs[f].n);
    }
}

void comparison_json(const struct comparison *c, struct bytes *out)
{
    for (size_t f = 0; f < c->n; f++) {
        struct figure figure = figures_get(c->figures, f);
        const struct paired_test *t = &c->tests[f];
        if (c->pairs[f].n == 0)
            continue;
        bytes_printf(out, "{\"against\": ");
        lines_text(out, c->name, strlen(c->name), true);
        bytes_printf(out, ", \"metric\": \"%s\", \"k\": %zu, \"seen\": \"%s\"", figure.metric, figure.k, figure.excluded ? "excluded" : "kept");
        bytes_printf(out, ", \"value\": %.9g, \"other\": %.9g, \"difference\": %.9g, \"low\": %.9g, \"high\": %.9g", t->value, t->other,
                     t->difference, t->low, t->high);
        bytes_printf(out, ", \"p_bootstrap\": %.9g, \"p_wilcoxon\": %.9g, \"n\": %zu}\n", t->p_bootstrap, t->p_wilcoxon, c->pairs[f].n);
    }
}

struct builder *comparison_rows(struct comparison *c)
{
    static const char *const columns[][2] = {
        {"metric", "str"}, {"k", "u32"}, {"seen", "str"}, {"value", "f64"}, {"other", "f64"}, {"difference", "f64"},
        {"low", "f64"}, {"high", "f64"}, {"p_bootstrap", "f64"}, {"p_wilcoxon", "f64"}, {"n", "u64"},
    };
    struct schema *schema = schema_new(&c->arena, "metrics/against");
    schema_add_all(schema, &c->arena, columns, sizeof columns / sizeof *columns);
    struct builder *builder = builder_new(schema);
    for (size_t f = 0; f < c->n; f++) {
        struct figure figure = figures_get(c->figures, f);
        const struct paired_test *t = &c->tests[f];
        const double numbers[] = {t->value, t->other, t->difference, t->low, t->high, t->p_bootstrap, t->p_wilcoxon};
        const char *seen = figure.excluded ? "excluded" : "kept";
        if (c->pairs[f].n == 0)
            continue;
        builder_text(builder, 0, figure.metric, strlen(figure.metric));
        builder_value(builder, 1, &(uint32_t){(uint32_t)figure.k});
        builder_text(builder, 2, seen, strlen(seen));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            builder_value(builder, 3 + i, &numbers[i]);
        builder_value(builder, 10, &(uint64_t){c->pairs[f].n});
        builder_row(builder);
    }
    return builder;
}
