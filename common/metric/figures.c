#include "common/metric/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/metric/popularity.h"

// Whose lists are measured: the model's, popularity's, then those of the baselines.
enum { MODEL, POPULARITY, BASELINES, SYSTEMS_MAX = BASELINES + BASELINES_MAX };

// A line of the table: of a kind that is a mean over queries, or of what all lists together hold.
struct line {
    const struct metric_kind *kind;
    const struct metric_catalogue_kind *of_all;
    size_t k;
    bool excluded;
    struct metric_sum sums[SYSTEMS_MAX];
    double value, weight;                     // of the model's last query
    uint32_t **times;                         // (n_systems, n_candidates) how often each is in the first k places; shared by lines of one k
};

struct figures {
    struct arena lasting, query;
    size_t n_candidates, queries, depth;
    bool kept, excluded, relevant_seen;
    struct line *lines;                       // (n)
    size_t n;
    struct popularity *popularity;
    struct metric_list popular;               // kept: the same for everyone
    struct baseline *baselines[BASELINES_MAX];
    size_t n_systems;
    struct metric_catalogue catalogue;
    uint32_t *marks;                          // (n_candidates), all 0 between uses
    bool *flags;                              // (n_candidates), all false between uses
};

static void add_lines(struct figures *f, const struct metric_kind *kind, bool excluded, const size_t *ks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        f->lines[f->n++] = (struct line){.kind = kind, .k = ks[i], .excluded = excluded};
        f->depth = ks[i] > f->depth ? ks[i] : f->depth;
    }
}

static size_t count_kinds(const void *const *kinds)
{
    size_t n = 0;
    while (kinds[n] != NULL)
        n++;
    return n;
}

// What the lists hold, whoever wanted it.
static void add_lines_of_lists(struct figures *f, const struct figures_plan *plan)
{
    bool excluded = !plan->relevant_seen;
    for (size_t i = 0; metric_list_kinds[i] != NULL; i++) {
        const struct metric_kind *kind = metric_list_kinds[i];
        if ((kind == &metric_exposure) == (plan->group != NULL) && (kind != &metric_similarity || plan->vectors != NULL))
            add_lines(f, kind, excluded, plan->query_ks, plan->n_query_ks);
    }
    uint32_t ***times = arena_zeros(&f->lasting, plan->n_query_ks, sizeof *times);
    for (size_t j = 0; plan->group == NULL && j < plan->n_query_ks; j++) {
        times[j] = arena_zeros(&f->lasting, f->n_systems, sizeof **times);
        for (size_t s = 0; s < f->n_systems; s++)
            times[j][s] = arena_zeros(&f->lasting, f->n_candidates, sizeof ***times);
    }
    for (size_t i = 0; plan->group == NULL && metric_catalogue_kinds[i] != NULL; i++)
        for (size_t j = 0; j < plan->n_query_ks; j++)
            f->lines[f->n++] = (struct line){.of_all = metric_catalogue_kinds[i], .k = plan->query_ks[j], .excluded = excluded, .times = times[j]};
}

struct figures *figures_new(const uint32_t *counts, size_t n_candidates, const struct figures_plan *plan)
{
    struct figures *f = memory_zeros(1, sizeof *f);
    f->n_candidates = n_candidates;
    f->kept = plan->kept || plan->relevant_seen;
    f->excluded = plan->excluded || !plan->relevant_seen;
    f->relevant_seen = plan->relevant_seen;
    f->n_systems = BASELINES + plan->n_baselines;
    for (size_t i = 0; i < plan->n_baselines; i++)
        f->baselines[i] = plan->baselines[i];
    float *information = arena_array(&f->lasting, n_candidates, sizeof *information);
    bool *tail = arena_array(&f->lasting, n_candidates, sizeof *tail);
    metric_know(counts, n_candidates, information, tail);
    f->catalogue = (struct metric_catalogue){information, tail, plan->vectors, plan->dim, plan->group};
    size_t kinds = count_kinds((const void *const *)metric_kinds),
           others = count_kinds((const void *const *)metric_list_kinds) + count_kinds((const void *const *)metric_catalogue_kinds);
    f->lines = arena_zeros(&f->lasting, (kinds + others) * 2 * (plan->n_event_ks + plan->n_query_ks), sizeof *f->lines);
    for (int excluded = 0; excluded < 2; excluded++)
        for (size_t i = 0; i < kinds; i++)
            if (metric_kinds[i]->by_event && (excluded ? plan->excluded : plan->kept))
                add_lines(f, metric_kinds[i], excluded, plan->event_ks, plan->n_event_ks);
    for (size_t i = 0; i < kinds; i++)
        if (!metric_kinds[i]->by_event)
            add_lines(f, metric_kinds[i], !plan->relevant_seen, plan->query_ks, plan->n_query_ks);
    add_lines_of_lists(f, plan);

    f->marks = arena_zeros(&f->lasting, n_candidates, sizeof *f->marks);
    f->flags = arena_zeros(&f->lasting, n_candidates, sizeof *f->flags);
    f->popularity = popularity_new(counts, n_candidates);
    struct metric_list list = popularity_list(f->popularity, NULL, 0, f->depth);
    uint32_t *rows = arena_array(&f->lasting, list.n, sizeof *rows);
    float *scores = arena_array(&f->lasting, list.n, sizeof *scores);
    if (list.n > 0) {
        memcpy(rows, list.rows, list.n * sizeof *rows);
        memcpy(scores, list.scores, list.n * sizeof *scores);
    }
    f->popular = (struct metric_list){rows, scores, list.n};
    return f;
}

static void set_flags(struct figures *f, const uint32_t *rows, size_t n, bool to)
{
    for (size_t i = 0; i < n; i++)
        f->flags[rows[i]] = to;
}

// The list without what was seen, down to the depth that counts.
static struct metric_list without_seen(struct figures *f, const struct figures_query *query)
{
    set_flags(f, query->seen, query->n_seen, true);
    uint32_t *rows = arena_array(&f->query, query->list.n, sizeof *rows);
    float *scores = arena_array(&f->query, query->list.n, sizeof *scores);
    size_t n = 0;
    for (size_t i = 0; i < query->list.n && n < f->depth; i++) {
        if (f->flags[query->list.rows[i]])
            continue;
        rows[n] = query->list.rows[i];
        scores[n++] = query->list.scores[i];
    }
    set_flags(f, query->seen, query->n_seen, false);
    return (struct metric_list){rows, scores, n};
}

// The distinct candidates of the truth, without the seen ones unless those are relevant.
static uint32_t *relevant_candidates(struct figures *f, const struct figures_query *query, size_t *n)
{
    uint32_t *relevant = arena_array(&f->query, query->n_events, sizeof *relevant);
    *n = 0;
    if (!f->relevant_seen)
        set_flags(f, query->seen, query->n_seen, true);
    for (size_t i = 0; i < query->n_events; i++) {
        if (f->flags[query->candidates[i]])
            continue;
        f->flags[query->candidates[i]] = true;
        relevant[(*n)++] = query->candidates[i];
    }
    set_flags(f, query->seen, query->n_seen, false);
    set_flags(f, relevant, *n, false);
    return relevant;
}

// What the metrics look at, for one system and one treatment of the seen.
static struct metric_query look(struct figures *f, const struct figures_query *query, const struct metric_list *list,
                                const float *scores, const uint32_t *relevant, size_t n_relevant)
{
    struct metric_event *events = arena_array(&f->query, query->n_events, sizeof *events);
    metric_find(list, f->depth, query->candidates, scores, query->weights, query->n_events, f->marks, events);
    size_t n = list->n < f->depth ? list->n : f->depth;
    bool *hits = arena_array(&f->query, n, sizeof *hits);
    set_flags(f, relevant, n_relevant, true);
    for (size_t i = 0; i < n; i++)
        hits[i] = f->flags[list->rows[i]];
    set_flags(f, relevant, n_relevant, false);
    return (struct metric_query){events, query->n_events, hits, n, n_relevant, list->rows, &f->catalogue};
}

static void measure(struct line *line, size_t system, const struct metric_query *query)
{
    double value, weight;
    line->kind->measure(query, line->k, &value, &weight);
    metric_add(&line->sums[system], value, weight);
    if (system != MODEL)
        return;
    line->value = value;
    line->weight = weight;
}

static void count(uint32_t *times, const struct metric_list *list, size_t k)
{
    for (size_t i = 0; i < list->n && i < k; i++)
        times[list->rows[i]]++;
}

// The events' scores by the model; where the seen are excluded, an event whose candidate is among them is a miss: its score is NaN.
static const float *event_scores(struct figures *f, const struct figures_query *query, bool excluded)
{
    float *scores = arena_array(&f->query, query->n_events, sizeof *scores);
    size_t n_seen = excluded ? query->n_seen : 0;
    set_flags(f, query->seen, n_seen, true);
    for (size_t i = 0; i < query->n_events; i++)
        scores[i] = f->flags[query->candidates[i]] ? NAN : query->scores[i];
    set_flags(f, query->seen, n_seen, false);
    return scores;
}

// The same where the list says it all: an event whose candidate is not in it is a miss.
static const float *listed_scores(struct figures *f, const struct figures_query *query, const struct metric_list *list)
{
    float *scores = arena_array(&f->query, query->n_events, sizeof *scores);
    for (size_t i = 0; i < list->n; i++)
        f->marks[list->rows[i]] = (uint32_t)i + 1;
    for (size_t i = 0; i < query->n_events; i++) {
        uint32_t mark = f->marks[query->candidates[i]];
        scores[i] = mark == 0 ? NAN : list->scores[mark - 1];
    }
    for (size_t i = 0; i < list->n; i++)
        f->marks[list->rows[i]] = 0;
    return scores;
}

static struct metric_list list_of(struct figures *f, const struct figures_query *query, size_t system, bool excluded)
{
    if (system == MODEL)
        return excluded ? without_seen(f, query) : query->list;
    if (system == POPULARITY)
        return excluded ? popularity_list(f->popularity, query->seen, query->n_seen, f->depth) : f->popular;
    return baseline_list(f->baselines[system - BASELINES], query->seen, query->n_seen, excluded, f->depth);
}

static void add_treatment(struct figures *f, const struct figures_query *query, bool excluded, const uint32_t *relevant, size_t n_relevant)
{
    for (size_t s = 0; s < f->n_systems; s++) {
        struct metric_list list = list_of(f, query, s, excluded);
        const float *scores = s == MODEL ? event_scores(f, query, excluded) : listed_scores(f, query, &list);
        struct metric_query seen_by = look(f, query, &list, scores, relevant, n_relevant);
        for (size_t i = 0; i < f->n; i++) {
            struct line *line = &f->lines[i];
            if (line->excluded != excluded)
                continue;
            if (line->kind != NULL)
                measure(line, s, &seen_by);
            else if (line->of_all == metric_catalogue_kinds[0])
                count(line->times[s], &list, line->k);
        }
    }
}

void figures_add(struct figures *f, const struct figures_query *query)
{
    arena_reset(&f->query);
    size_t n_relevant;
    const uint32_t *relevant = relevant_candidates(f, query, &n_relevant);
    if (f->kept)
        add_treatment(f, query, false, relevant, n_relevant);
    if (f->excluded)
        add_treatment(f, query, true, relevant, n_relevant);
    f->queries++;
}

size_t figures_count(const struct figures *f)
{
    return f->n;
}

const char *figures_baseline(const struct figures *f, size_t i)
{
    return BASELINES + i < f->n_systems ? baseline_name(f->baselines[i]) : NULL;
}

void figures_last(const struct figures *f, size_t i, double *value, double *weight)
{
    *value = f->lines[i].value;
    *weight = f->lines[i].weight;
}

static double value_of(const struct figures *f, const struct line *line, size_t system)
{
    return line->kind != NULL ? metric_mean(&line->sums[system]) : line->of_all->measure(line->times[system], f->n_candidates, f->queries, line->k);
}

struct figure figures_get(const struct figures *f, size_t i)
{
    const struct line *line = &f->lines[i];
    struct figure figure = {
        .metric = line->kind != NULL ? line->kind->name : line->of_all->name, .k = line->k, .excluded = line->excluded,
        .value = value_of(f, line, MODEL), .low = NAN, .high = NAN, .popularity = value_of(f, line, POPULARITY),
        .n = line->kind != NULL ? line->sums[MODEL].n : f->queries,
    };
    for (size_t s = BASELINES; s < f->n_systems; s++)
        figure.baselines[s - BASELINES] = value_of(f, line, s);
    double half = line->kind != NULL ? metric_half_width(&line->sums[MODEL]) : NAN;
    if (half == half) {
        figure.low = line->kind->unbounded ? figure.value - half : fmax(figure.value - half, 0);
        figure.high = line->kind->unbounded ? figure.value + half : fmin(figure.value + half, 1);
    }
    return figure;
}

bool figures_is_by_ids(const struct figures *f, size_t i)
{
    return f->lines[i].kind == &metric_accuracy_ids;
}

bool figures_ids_differ(const struct figures *f)
{
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->n; j++) {
            const struct line *ids = &f->lines[i], *scores = &f->lines[j];
            if (ids->kind != &metric_accuracy_ids || scores->kind != &metric_accuracy || ids->k != scores->k || ids->excluded != scores->excluded)
                continue;
            for (size_t s = 0; s < f->n_systems; s++) {
                double a = value_of(f, ids, s), b = value_of(f, scores, s);
                if (a != b && !(isnan(a) && isnan(b)))
                    return true;
            }
        }
    return false;
}

void figures_free(struct figures *f)
{
    if (f == NULL)
        return;
    popularity_free(f->popularity);
    arena_free(&f->lasting);
    arena_free(&f->query);
    free(f);
}
