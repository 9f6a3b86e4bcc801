// Lists of rows of one query: what is drawn, how often, and in what order.
#include <stdbool.h>

#include "common/training/drawn_lists.h"
#include "tests/unit.h"

// Query 0 has 7 rows, 1 has 3, 2 has 1, 3 has 5.
static const uint32_t queries[] = {0, 1, 0, 3, 0, 2, 3, 0, 1, 0, 3, 0, 3, 1, 0, 3};
enum { ROWS = sizeof queries / sizeof *queries, LISTS = 4, LENGTH = 4 };

static void every_list_is_of_one_query_without_repetition(void)
{
    struct drawn_lists *lists = drawn_lists_new(queries, ROWS, LISTS, LENGTH, 7);
    EQUAL(lists->n, 2 * LISTS + 1);
    EQUAL(lists->alone, 1);
    size_t of[4] = {0};
    drawn_lists_draw(lists, 0);
    for (size_t l = 0; l < lists->n; l++) {
        size_t from = lists->starts[l], to = lists->starts[l + 1];
        uint32_t query = queries[lists->rows[from]];
        of[query]++;
        EQUAL(to - from, query == 1 ? 3 : LENGTH);
        for (size_t i = from; i < to; i++) {
            EQUAL(queries[lists->rows[i]], query);
            for (size_t j = from; j < i; j++)
                CHECK(lists->rows[i] != lists->rows[j]);
        }
    }
    EQUAL(of[0], LISTS);
    EQUAL(of[1], 1);
    EQUAL(of[2], 0);
    EQUAL(of[3], LISTS);
    drawn_lists_free(lists);
}

static bool same_lists(const struct drawn_lists *a, const struct drawn_lists *b)
{
    return a->n == b->n && memcmp(a->starts, b->starts, (a->n + 1) * sizeof *a->starts) == 0 &&
           memcmp(a->rows, b->rows, a->starts[a->n] * sizeof *a->rows) == 0;
}

static void the_seed_and_the_epoch_choose(void)
{
    struct drawn_lists *a = drawn_lists_new(queries, ROWS, LISTS, LENGTH, 7), *b = drawn_lists_new(queries, ROWS, LISTS, LENGTH, 7);
    struct drawn_lists *other = drawn_lists_new(queries, ROWS, LISTS, LENGTH, 8);
    drawn_lists_draw(a, 1);
    drawn_lists_draw(b, 0);
    CHECK(!same_lists(a, b));
    drawn_lists_draw(b, 1);
    CHECK(same_lists(a, b));
    drawn_lists_draw(other, 1);
    CHECK(!same_lists(a, other));
    drawn_lists_free(a);
    drawn_lists_free(b);
    drawn_lists_free(other);
}

// Each row of a query is as probable as the others: over 2,000 epochs, 4 lists of 4 of 7 rows have each 2,000 x 16 / 7 times, give or take 5 standard
// deviations.
static void rows_are_drawn_alike(void)
{
    struct drawn_lists *lists = drawn_lists_new(queries, ROWS, LISTS, LENGTH, 1);
    size_t times[ROWS] = {0};
    for (size_t epoch = 0; epoch < 2000; epoch++) {
        drawn_lists_draw(lists, epoch);
        for (size_t i = 0; i < lists->starts[lists->n]; i++)
            times[lists->rows[i]]++;
    }
    for (size_t i = 0; i < ROWS; i++)
        if (queries[i] == 0)
            NEAR((double)times[i], 2000 * 16 / 7.0, 0.05);
    drawn_lists_free(lists);
}

static void none(void)
{
    const uint32_t single[] = {3, 2, 1};
    struct drawn_lists *lists = drawn_lists_new(single, 3, LISTS, LENGTH, 1);
    EQUAL(lists->n, 0);
    EQUAL(lists->alone, 3);
    drawn_lists_draw(lists, 0);
    EQUAL(lists->starts[0], 0);
    drawn_lists_free(lists);
    lists = drawn_lists_new(single, 0, LISTS, LENGTH, 1);
    EQUAL(lists->n, 0);
    drawn_lists_free(lists);
}

UNIT_MAIN(UNIT(every_list_is_of_one_query_without_repetition), UNIT(the_seed_and_the_epoch_choose), UNIT(rows_are_drawn_alike), UNIT(none))
