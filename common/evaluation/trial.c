#include "common/evaluation/trial.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

struct trial {
    struct arena arena, query;
    struct slices *slices;             // NULL: none
    struct report report;
    struct report_part *parts;         // (report.n)
    struct figures **figures;          // (report.n)
};

static size_t parse_ks(const char *text, size_t ks[KS_MAX])
{
    size_t n = 0;
    for (const char *p = text;; p++) {
        char *end;
        unsigned long long k = strtoull(p, &end, 10);
        if (end == p || *p < '0' || *p > '9' || k < 1 || k > INT32_MAX || (*end != ',' && *end != '\0') || n == KS_MAX ||
            (n > 0 && k <= ks[n - 1]))
            die_usage("--ks %s: wanted rising whole numbers from 1, at most %d, such as 1,10,100", quoted_text(text), KS_MAX);
        ks[n++] = (size_t)k;
        if (*end == '\0')
            return n;
        p = end;
    }
}

struct trial_ks trial_ks(const char *text)
{
    struct trial_ks ks = {.asked = text != NULL};
    ks.n_event = parse_ks(text != NULL ? text : "1,5,10,50,100", ks.event);
    ks.n_query = parse_ks(text != NULL ? text : "10,20,100", ks.query);
    return ks;
}

// What the lists are good for.
struct examined {
    size_t depth;     // the largest k they can answer for
    bool has_seen;    // some list holds candidates that its query has seen
    bool any_seen;    // some query has seen anything
};

static struct examined examine(struct rankings *rankings, bool train, bool *seen, size_t n_candidates)
{
    struct examined lists = {.depth = SIZE_MAX};
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

static size_t within(const size_t *ks, size_t n, size_t depth, bool asked)
{
    while (n > 0 && ks[n - 1] > depth) {
        if (asked)
            die(EXIT_INPUT, "-k %zu: the rankings go no further than %zu: use 'rank -k %zu'", ks[n - 1], depth, ks[n - 1]);
        n--;
    }
    return n;
}

struct figures_plan trial_plan(struct rankings *rankings, bool train, struct trial_ks *ks)
{
    size_t n_candidates;
    (void)rankings_counts(rankings, &n_candidates);
    bool *seen = memory_zeros(n_candidates, sizeof *seen);
    struct examined lists = examine(rankings, train, seen, n_candidates);
    free(seen);
    // rank --exclude leaves the seen out of the lists; then they say nothing of the figures with the seen as rivals.
    bool exclusive = lists.any_seen && !lists.has_seen;
    ks->n_event = within(ks->event, ks->n_event, lists.depth, ks->asked);
    ks->n_query = within(ks->query, ks->n_query, lists.depth, ks->asked);
    return (struct figures_plan){
        .kept = !exclusive, .excluded = !train || exclusive, .relevant_seen = train && !exclusive,
        .event_ks = ks->event, .n_event_ks = ks->n_event, .query_ks = ks->query, .n_query_ks = ks->n_query,
    };
}

static double share_taken(const uint32_t *counts, const bool *members, size_t n)
{
    double all = 0, own = 0;
    for (size_t i = 0; i < n; i++) {
        all += counts[i];
        own += members[i] ? counts[i] : 0;
    }
    return all > 0 ? own / all : 0;
}

struct trial *trial_new(const struct rankings *rankings, const struct figures_plan *plan, struct slices *slices)
{
    struct trial *t = memory_zeros(1, sizeof *t);
    size_t n_candidates, n = 1 + (slices != NULL ? slices_count(slices) : 0);
    const uint32_t *counts = rankings_counts(rankings, &n_candidates);
    t->slices = slices;
    t->figures = arena_zeros(&t->arena, n, sizeof *t->figures);
    t->parts = arena_zeros(&t->arena, n, sizeof *t->parts);
    for (size_t i = 0; i < n; i++) {
        struct figures_plan own = *plan;
        t->parts[i].slice = i > 0 ? slices_get(slices, i - 1) : NULL;
        own.group = i > 0 ? t->parts[i].slice->members : NULL;
        if (own.group != NULL)
            t->parts[i].taken = share_taken(counts, own.group, n_candidates);
        t->figures[i] = figures_new(counts, n_candidates, &own);
        t->parts[i].figures = t->figures[i];
    }
    t->report = (struct report){t->parts, n};
    return t;
}

// The query as a slice of candidates sees it: only the truth in the slice counts.
static struct figures_query only_members(struct trial *t, const struct figures_query *query, const bool *members)
{
    struct figures_query own = *query;
    uint32_t *candidates = arena_array(&t->query, query->n_events, sizeof *candidates);
    float *scores = arena_array(&t->query, query->n_events, sizeof *scores);
    float *weights = query->weights != NULL ? arena_array(&t->query, query->n_events, sizeof *weights) : NULL;
    size_t n = 0;
    for (size_t i = 0; i < query->n_events; i++) {
        if (!members[query->candidates[i]])
            continue;
        candidates[n] = query->candidates[i];
        scores[n] = query->scores[i];
        if (weights != NULL)
            weights[n] = query->weights[i];
        n++;
    }
    own.candidates = candidates;
    own.scores = scores;
    own.weights = weights;
    own.n_events = n;
    return own;
}

void trial_add(struct trial *t, const struct ranking *ranking)
{
    struct figures_query query = {
        .list = {ranking->candidates, ranking->scores, ranking->n},
        .seen = ranking->seen, .n_seen = ranking->n_seen,
        .candidates = ranking->truth, .scores = ranking->truth_scores, .weights = ranking->truth_weights, .n_events = ranking->n_truth,
    };
    figures_add(t->figures[0], &query);
    if (t->slices == NULL)
        return;
    size_t n;
    const uint32_t *of = slices_of_query(t->slices, ranking->query, &n);
    for (size_t i = 0; i < n; i++)
        figures_add(t->figures[1 + of[i]], &query);
    for (size_t i = 1; i < t->report.n; i++) {
        if (t->parts[i].slice->members == NULL)
            continue;
        arena_reset(&t->query);
        struct figures_query own = only_members(t, &query, t->parts[i].slice->members);
        figures_add(t->figures[i], &own);
    }
}

const struct report *trial_report(const struct trial *t)
{
    return &t->report;
}
