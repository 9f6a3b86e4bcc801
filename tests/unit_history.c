#include "common/model/history.h"

#include <stdlib.h>

#include "tests/unit.h"

static void last_are(const struct history *h, size_t interaction, size_t n, const char *wanted)
{
    uint32_t found[16];
    char text[64] = "";
    for (size_t i = 0, m = history_before(h, interaction, n, found); i < m; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "", found[i]);
    SAME_TEXT(text, wanted);
}

static void before_in_time_never_after(void)
{
    struct history *h = history_new();
    const uint32_t query[] = {1, 0, 1, 1, 1}, candidate[] = {10, 11, 12, 13, 14}, held_query[] = {1}, held_candidate[] = {15};
    const int64_t time[] = {50, 10, -5, 50, 70}, held_time[] = {60};
    history_add(h, query, candidate, time, 5, false);
    history_add(h, held_query, held_candidate, held_time, 1, true);
    history_sort(h, 3);
    last_are(h, 0, 3, "12");
    last_are(h, 1, 3, "");
    last_are(h, 2, 3, "");
    last_are(h, 3, 3, "12 10");        // of one time: in the order in which they came
    last_are(h, 4, 3, "10 13 15");
    last_are(h, 4, 16, "12 10 13 15");
    last_are(h, 5, 1, "13");
    uint32_t found[4];
    EQUAL(history_last(h, 1, 2, found), 2);
    CHECK(found[0] == 13 && found[1] == 14);  // not 15, which is held back
    EQUAL(history_last(h, 1, 4, found), 4);
    CHECK(found[0] == 12 && found[3] == 14);
    EQUAL(history_last(h, 2, 4, found), 0);
    history_free(h);
}

static void all_without_times(void)
{
    struct history *h = history_new();
    const uint32_t query[] = {1, 0, 1, 1, 1, 2}, candidate[] = {13, 11, 12, 13, 2, 5};
    history_add(h, query, candidate, NULL, 5, false);
    history_add(h, query + 5, candidate + 5, NULL, 1, true);
    history_sort(h, 4);
    uint32_t found[4];
    EQUAL(history_most(h), 4);
    EQUAL(history_all(h, 1, found), 3);
    CHECK(found[0] == 2 && found[1] == 12 && found[2] == 13);
    EQUAL(history_all(h, 0, found), 1);
    EQUAL(history_all(h, 2, found), 0);  // held back
    EQUAL(history_all(h, 3, found), 0);
    last_are(h, 3, 3, "13 12");
    history_free(h);
}

static void none(void)
{
    struct history *h = history_new();
    history_sort(h, 0);
    history_free(h);
}

// Against a search through everything.
static void as_a_plain_search_finds_them(void)
{
    enum { N = 300, QUERIES = 7 };
    uint32_t query[N], candidate[N];
    int64_t time[N];
    srand(7);
    for (size_t i = 0; i < N; i++) {
        query[i] = (uint32_t)rand() % QUERIES;
        candidate[i] = (uint32_t)i;
        time[i] = rand() % 40 - 20;
    }
    struct history *h = history_new();
    for (size_t i = 0; i < N; i += 100)
        history_add(h, query + i, candidate + i, time + i, 100, false);
    history_sort(h, QUERIES);
    for (size_t i = 0; i < N; i++) {
        uint32_t found[N];
        size_t n = history_before(h, i, N, found), before = 0;
        for (size_t j = 0; j < N; j++)
            before += query[j] == query[i] && (time[j] < time[i] || (time[j] == time[i] && j < i));
        EQUAL(n, before);
        for (size_t j = 0; j < n; j++) {
            CHECK(query[found[j]] == query[i] && time[found[j]] <= time[i]);
            CHECK(j == 0 || time[found[j - 1]] < time[found[j]] || (time[found[j - 1]] == time[found[j]] && found[j - 1] < found[j]));
        }
    }
    history_free(h);
}

UNIT_MAIN(UNIT(before_in_time_never_after), UNIT(all_without_times), UNIT(none), UNIT(as_a_plain_search_finds_them))
