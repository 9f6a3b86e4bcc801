#include <stdlib.h>

#include "common/base/rng.h"
#include "common/metric/figures.h"
#include "common/metric/metric.h"
#include "common/metric/popularity.h"
#include "tests/unit.h"

static double value_of(const struct metric_kind *kind, const struct metric_query *query, size_t k)
{
    double value, weight;
    kind->measure(query, k, &value, &weight);
    EQUAL(weight, 1);
    return value;
}

// Places 1, 3 and 4 of five hold relevant candidates; there are four relevant ones.
static void by_query_known_values(void)
{
    static const bool relevant[] = {true, false, true, true, false};
    struct metric_query query = {.relevant = relevant, .n = 5, .n_relevant = 4};
    NEAR(value_of(&metric_recall, &query, 1), 1 / 4., 1e-15);
    NEAR(value_of(&metric_recall, &query, 3), 2 / 4., 1e-15);
    NEAR(value_of(&metric_recall, &query, 100), 3 / 4., 1e-15);
    NEAR(value_of(&metric_precision, &query, 3), 2 / 3., 1e-15);
    NEAR(value_of(&metric_precision, &query, 10), 3 / 10., 1e-15);
    NEAR(value_of(&metric_mrr, &query, 5), 1, 1e-15);
    double gain = 1 + 1 / log2(4) + 1 / log2(5), ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5);
    NEAR(value_of(&metric_ndcg, &query, 5), gain / ideal, 1e-15);
    NEAR(value_of(&metric_ndcg, &query, 2), 1 / (1 + 1 / log2(3)), 1e-15);
    NEAR(value_of(&metric_ndcg, &query, 1), 1, 1e-15);
    NEAR(value_of(&metric_map, &query, 5), (1 + 2 / 3. + 3 / 4.) / 4, 1e-15);
    NEAR(value_of(&metric_map, &query, 2), 1 / 2., 1e-15);
}

static void by_query_edges(void)
{
    static const bool late[] = {false, false, true};
    struct metric_query none = {.relevant = late, .n = 3, .n_relevant = 0}, empty = {.relevant = late, .n = 0, .n_relevant = 2},
                        third = {.relevant = late, .n = 3, .n_relevant = 1};
    for (size_t i = 0; metric_kinds[i] != NULL; i++) {
        if (metric_kinds[i]->by_event)
            continue;
        double value, weight;
        metric_kinds[i]->measure(&none, 3, &value, &weight);
        EQUAL(weight, 0);
        NEAR(value_of(metric_kinds[i], &empty, 3), 0, 0);
        NEAR(value_of(metric_kinds[i], &third, 2), 0, 0);
    }
    NEAR(value_of(&metric_mrr, &third, 3), 1 / 3., 1e-15);
    NEAR(value_of(&metric_map, &third, 3), 1 / 3., 1e-15);
    NEAR(value_of(&metric_ndcg, &third, 3), 0.5, 1e-15);
}

static void events_are_found(void)
{
    static const uint32_t rows[] = {4, 2, 0, 3}, candidates[] = {4, 0, 1, 2, 3, 1};
    static const float scores[] = {3, 2, 2, 1}, true_scores[] = {3, 2, 2.5f, NAN, INFINITY, 0};
    static const size_t better[] = {0, 1, 1, METRIC_NOWHERE, METRIC_NOWHERE, 4}, places[] = {0, 2, METRIC_NOWHERE, 1, 3, METRIC_NOWHERE};
    uint32_t marks[5] = {0};
    struct metric_list list = {rows, scores, 4};
    struct metric_event events[6];
    metric_find(&list, 4, candidates, true_scores, NULL, 6, marks, events);
    for (size_t i = 0; i < 6; i++) {
        CHECK(events[i].better == better[i]);
        CHECK(events[i].place == places[i]);
        CHECK(events[i].weight == 1);
    }
    // Only so deep as is asked for: place 2 is out of sight, and nothing is better than what is in it.
    metric_find(&list, 2, candidates, true_scores, NULL, 6, marks, events);
    CHECK(events[1].place == METRIC_NOWHERE);
    EQUAL(events[5].better, 2);
    // A list with an infinite score says nothing.
    static const float infinite[] = {INFINITY, 2, 2, 1};
    list.scores = infinite;
    metric_find(&list, 4, candidates, true_scores, NULL, 6, marks, events);
    CHECK(events[0].better == METRIC_NOWHERE && events[0].place == 0);
    list.n = 0;
    metric_find(&list, 4, candidates, true_scores, NULL, 1, marks, events);
    CHECK(events[0].better == 0 && events[0].place == METRIC_NOWHERE);
}

static void means_and_intervals(void)
{
    struct metric_sum sum = {0};
    CHECK(isnan(metric_mean(&sum)) && isnan(metric_half_width(&sum)));
    metric_add(&sum, 1, 1);
    NEAR(metric_mean(&sum), 1, 0);
    CHECK(isnan(metric_half_width(&sum)));
    metric_add(&sum, 5, 0);  // does not count
    metric_add(&sum, 0, 1);
    metric_add(&sum, 1, 1);
    metric_add(&sum, 0, 1);
    // Four values 1 0 1 0: standard deviation sqrt(1/3), over sqrt(4).
    NEAR(metric_mean(&sum), 0.5, 0);
    NEAR(metric_half_width(&sum), 1.959963984540054 * sqrt(1 / 3.) / 2, 1e-12);
    EQUAL(sum.n, 4);
    // Events in clusters: 2 of 4 and 0 of 1. Residuals 2 - 0.4 * 4 and 0 - 0.4.
    struct metric_sum events = {0};
    metric_add(&events, 2, 4);
    metric_add(&events, 0, 1);
    NEAR(metric_mean(&events), 0.4, 1e-15);
    NEAR(metric_half_width(&events), 1.959963984540054 * sqrt(2 * (0.4 * 0.4 + 0.4 * 0.4)) / 5, 1e-12);
}

static void popularity_order(void)
{
    static const uint32_t counts[] = {5, 9, 5, 0, 9}, seen[] = {1, 0};
    struct popularity *popularity = popularity_new(counts, 5);
    static const uint32_t wanted[] = {1, 4, 0, 2, 3};
    struct metric_list list = popularity_list(popularity, NULL, 0, 10);
    EQUAL(list.n, 5);
    for (size_t i = 0; i < 5; i++) {
        EQUAL(list.rows[i], wanted[i]);
        CHECK(list.scores[i] == -(float)i);
    }
    list = popularity_list(popularity, seen, 2, 2);
    EQUAL(list.n, 2);
    EQUAL(list.rows[0], 4);
    EQUAL(list.rows[1], 2);
    EQUAL(popularity_list(popularity, NULL, 0, 0).n, 0);
    EQUAL(popularity_list(popularity, NULL, 0, 1).rows[0], 1);  // nothing of `seen` is left over
    popularity_free(popularity);
    popularity = popularity_new(counts, 0);
    EQUAL(popularity_list(popularity, NULL, 0, 3).n, 0);
    popularity_free(popularity);
}

static struct figure figure_of(const struct figures *figures, const char *metric, size_t k, bool excluded)
{
    for (size_t i = 0; i < figures_count(figures); i++) {
        struct figure figure = figures_get(figures, i);
        if (strcmp(figure.metric, metric) == 0 && figure.k == k && figure.excluded == excluded)
            return figure;
    }
    return (struct figure){.metric = NULL};
}

// Two queries over five candidates. The first has seen 0 and takes 2 (and 0 again); its list is 0 1 2 3 4. The second has seen
// nothing and takes 4; its list is 3 4 1.
static struct figures *two_queries(bool relevant_seen)
{
    static const uint32_t counts[] = {5, 1, 4, 3, 2};
    static const size_t ks[] = {1, 2, 3};
    static const uint32_t first[] = {0, 1, 2, 3, 4}, first_seen[] = {0}, first_truth[] = {2, 0}, second[] = {3, 4, 1}, second_truth[] = {4};
    static const float first_scores[] = {5, 4, 3, 2, 1}, first_true[] = {3, 5}, second_scores[] = {9, 8, 7}, second_true[] = {8};
    struct figures_plan plan = {.kept = true, .excluded = !relevant_seen, .relevant_seen = relevant_seen,
                                .event_ks = ks, .n_event_ks = 3, .query_ks = ks, .n_query_ks = 3};
    struct figures *figures = figures_new(counts, 5, &plan);
    figures_add(figures, &(struct figures_query){{first, first_scores, 5}, first_seen, 1, first_truth, first_true, NULL, 2});
    figures_add(figures, &(struct figures_query){{second, second_scores, 3}, NULL, 0, second_truth, second_true, NULL, 1});
    return figures;
}

static void figures_by_hand(void)
{
    struct figures *figures = two_queries(false);
    // Kept, by event: 2 is at place 2, 0 at place 0, 4 at place 1.
    NEAR(figure_of(figures, "accuracy", 1, false).value, 1 / 3., 1e-15);
    NEAR(figure_of(figures, "accuracy", 2, false).value, 2 / 3., 1e-15);
    NEAR(figure_of(figures, "accuracy_ids", 3, false).value, 1, 1e-15);
    // Popularity's order is 0 2 3 4 1.
    NEAR(figure_of(figures, "accuracy", 1, false).popularity, 1 / 3., 1e-15);
    NEAR(figure_of(figures, "accuracy", 3, false).popularity, 2 / 3., 1e-15);
    // Excluded: the first list is 1 2 3 4. The event with 0, seen before, is a miss.
    NEAR(figure_of(figures, "accuracy", 1, true).value, 0, 1e-15);
    NEAR(figure_of(figures, "accuracy", 2, true).value, 2 / 3., 1e-15);
    NEAR(figure_of(figures, "accuracy_ids", 2, true).value, 2 / 3., 1e-15);
    NEAR(figure_of(figures, "accuracy", 1, true).popularity, 1 / 3., 1e-15);
    // By query: relevant are 2, and 4.
    NEAR(figure_of(figures, "recall", 1, true).value, 0, 1e-15);
    NEAR(figure_of(figures, "recall", 2, true).value, 1, 1e-15);
    NEAR(figure_of(figures, "mrr", 2, true).value, 0.5, 1e-15);
    NEAR(figure_of(figures, "recall", 1, true).popularity, 0.5, 1e-15);
    EQUAL(figure_of(figures, "recall", 2, true).n, 2);
    // Coverage: {1, 3}, then {1, 2, 3, 4}; popularity {2, 0}.
    NEAR(figure_of(figures, "coverage", 1, true).value, 2 / 5., 1e-15);
    NEAR(figure_of(figures, "coverage", 2, true).value, 4 / 5., 1e-15);
    NEAR(figure_of(figures, "coverage", 1, true).popularity, 2 / 5., 1e-15);
    CHECK(isnan(figure_of(figures, "coverage", 1, true).low));
    CHECK(figure_of(figures, "recall", 1, false).metric == NULL);
    figures_free(figures);

    figures = two_queries(true);
    NEAR(figure_of(figures, "recall", 1, false).value, (0.5 + 0) / 2, 1e-15);
    NEAR(figure_of(figures, "recall", 3, false).value, 1, 1e-15);
    CHECK(figure_of(figures, "accuracy", 1, true).metric == NULL);
    figures_free(figures);
}

static void figures_of_nothing(void)
{
    static const size_t ks[] = {1};
    struct figures_plan plan = {.kept = true, .excluded = true, .event_ks = ks, .n_event_ks = 1, .query_ks = ks, .n_query_ks = 1};
    struct figures *figures = figures_new(NULL, 0, &plan);
    for (size_t i = 0; i < figures_count(figures); i++)
        CHECK(isnan(figures_get(figures, i).value) && figures_get(figures, i).n == 0);
    figures_free(figures);
}

static double of_list(const struct metric_kind *kind, const struct metric_catalogue *catalogue, const uint32_t *rows, size_t n, size_t k, int counts)
{
    double value, weight;
    kind->measure(&(struct metric_query){.rows = rows, .n = n, .catalogue = catalogue}, k, &value, &weight);
    EQUAL(weight, counts);
    return value;
}

// 16 interactions: 8, 4, 3, 1 and none. The first two make up 75 %, so the third is the last of the head.
static void lists_by_hand(void)
{
    static const uint32_t counts[] = {4, 1, 8, 0, 3}, rows[] = {2, 1, 3};
    static const float vectors[] = {0, 1, 1, 0, 0.6f, 0.8f, 0, 0, 1, 0};
    static const bool group[] = {true, true, false, false, false}, late[] = {false, true, false, true, false};
    float information[5];
    bool tail[5];
    metric_know(counts, 5, information, tail);
    static const double bits[] = {2, 4, 1, 4, 2.4150374992788439};  // one that nobody took counts as taken once
    for (size_t i = 0; i < 5; i++) {
        NEAR(information[i], bits[i], 1e-6);
        EQUAL(tail[i], late[i]);
    }
    struct metric_catalogue catalogue = {information, tail, vectors, 2, group}, bare = {information, tail, NULL, 0, NULL};
    NEAR(of_list(&metric_novelty, &catalogue, rows, 3, 2, 1), 2.5, 1e-6);
    NEAR(of_list(&metric_novelty, &catalogue, rows, 3, 9, 1), 3, 1e-6);
    NEAR(of_list(&metric_tail, &catalogue, rows, 3, 3, 1), 2 / 3., 1e-15);
    NEAR(of_list(&metric_similarity, &catalogue, rows, 3, 2, 1), 0.6, 1e-6);
    NEAR(of_list(&metric_similarity, &catalogue, rows, 3, 3, 1), 0.2, 1e-6);    // a zero vector is like nothing
    NEAR(of_list(&metric_similarity, &catalogue, rows, 3, 1, 0), 0, 0);
    NEAR(of_list(&metric_similarity, &bare, rows, 3, 3, 0), 0, 0);
    NEAR(of_list(&metric_exposure, &catalogue, rows, 3, 3, 1), 1 / log2(3) / (1.5 + 1 / log2(3)), 1e-15);
    NEAR(of_list(&metric_exposure, &bare, rows, 3, 3, 0), 0, 0);
    for (size_t i = 0; metric_list_kinds[i] != NULL; i++)
        NEAR(of_list(metric_list_kinds[i], &catalogue, rows, 0, 3, 0), 0, 0);
    metric_know(counts, 0, information, tail);
}

static void catalogues_by_hand(void)
{
    static const uint32_t times[] = {0, 3, 1, 2, 0}, even[] = {2, 2, 2}, one[] = {0, 0, 4};
    NEAR(metric_coverage.measure(times, 5, 3, 2), 3 / 5., 1e-15);
    NEAR(metric_gini.measure(times, 5, 3, 2), 16 / 30., 1e-15);                 // (1 * 0 + 2 * 2 + 4 * 3) / (5 * 6)
    NEAR(metric_gini.measure(even, 3, 3, 2), 0, 1e-15);
    NEAR(metric_gini.measure(one, 3, 4, 1), 2 / 3., 1e-15);                     // 1 - 1 / n
    NEAR(metric_overlap.measure(times, 5, 3, 2), 8 / 12., 1e-15);               // in common: 2 of 2, 1, 1
    NEAR(metric_overlap.measure(one, 3, 4, 1), 1, 1e-15);
    NEAR(metric_overlap.measure(even, 3, 2, 5), 1, 1e-15);                      // both lists hold all three
    CHECK(isnan(metric_overlap.measure(times, 5, 1, 2)) && isnan(metric_gini.measure(times, 1, 0, 2)));
    for (size_t i = 0; metric_catalogue_kinds[i] != NULL; i++)
        CHECK(isnan(metric_catalogue_kinds[i]->measure(times, 0, 0, 1)));
}

UNIT_MAIN(UNIT(by_query_known_values), UNIT(by_query_edges), UNIT(events_are_found), UNIT(means_and_intervals), UNIT(popularity_order),
          UNIT(lists_by_hand), UNIT(catalogues_by_hand), UNIT(figures_by_hand), UNIT(figures_of_nothing))
