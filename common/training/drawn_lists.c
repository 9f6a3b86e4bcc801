// List number i of an epoch draws its rows by the first steps of Fisher and Yates' shuffle, with the random numbers rng_bits(mix(seed ^ LISTS),
// epoch, i 2^16 + j); the lists are dealt in the order of the keys rng_bits(seed, epoch, i), as rows are.
#include "common/training/drawn_lists.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"
#include "common/base/sort.h"

static const uint64_t LISTS = 0x6c69737473;  // "lists"

struct drawn_lists_work {
    uint32_t *by_query;      // (n) rows, those of a query together, as they came
    uint32_t *first, *many;  // (lists) where the rows of a list's query begin there, and how many there are
    uint32_t *pool;          // (greatest many)
    uint32_t *order;         // (lists)
    uint64_t *keys;          // (lists)
    size_t length;
    uint64_t seed;
};

// Rows by query, as they came among those of one.
static void sort_rows(struct drawn_lists_work *w, const uint32_t *queries, size_t n)
{
    uint64_t *keys = memory_aligned(n, sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        keys[i] = (uint64_t)queries[i] << 32 | i;
        w->by_query[i] = (uint32_t)i;
    }
    sort_keys(keys, w->by_query, n);
    free(keys);
}

// Lists that a query with so many rows gives.
static size_t lists_of(size_t many, size_t a_query, size_t length)
{
    return many < 2 ? 0 : many <= length ? 1 : a_query;
}

// Visits the queries: counts their lists or, once there is room, says where they draw from.
static size_t lay_out(struct drawn_lists *lists, const uint32_t *queries, size_t n, size_t a_query, size_t *greatest)
{
    struct drawn_lists_work *w = lists->work;
    size_t found = 0, rows = 0;
    lists->alone = 0;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && queries[w->by_query[to]] == queries[w->by_query[from]];)
            to++;
        size_t many = to - from;
        lists->alone += many == 1;
        *greatest = many > *greatest ? many : *greatest;
        for (size_t i = lists_of(many, a_query, w->length); i > 0; i--, found++) {
            if (w->first == NULL)
                continue;
            w->first[found] = (uint32_t)from;
            w->many[found] = (uint32_t)many;
            rows += many < w->length ? many : w->length;
        }
    }
    lists->n = found;
    return rows;
}

struct drawn_lists *drawn_lists_new(const uint32_t *queries, size_t n, size_t a_query, size_t length, uint64_t seed)
{
    struct drawn_lists *lists = memory_zeros(1, sizeof *lists);
    struct drawn_lists_work *w = lists->work = memory_zeros(1, sizeof *w);
    size_t greatest = 0;
    w->length = length;
    w->seed = seed;
    w->by_query = memory_aligned(n, sizeof *w->by_query);
    sort_rows(w, queries, n);
    (void)lay_out(lists, queries, n, a_query, &greatest);
    w->first = memory_aligned(lists->n, sizeof *w->first);
    w->many = memory_aligned(lists->n, sizeof *w->many);
    w->order = memory_aligned(lists->n, sizeof *w->order);
    w->keys = memory_aligned(lists->n, sizeof *w->keys);
    w->pool = memory_aligned(greatest, sizeof *w->pool);
    lists->starts = memory_aligned(lists->n + 1, sizeof *lists->starts);
    lists->rows = memory_aligned(lay_out(lists, queries, n, a_query, &greatest), sizeof *lists->rows);
    return lists;
}

// Returns how many rows it drew.
static size_t draw(const struct drawn_lists_work *w, size_t epoch, size_t list, uint32_t *rows)
{
    size_t many = w->many[list], n = many < w->length ? many : w->length;
    memcpy(w->pool, w->by_query + w->first[list], many * sizeof *w->pool);
    for (size_t j = 0; j < n; j++) {
        size_t at = j + (size_t)rng_below(rng_bits(rng_mix(w->seed ^ LISTS), epoch, list << 16 | j), many - j);
        rows[j] = w->pool[at];
        w->pool[at] = w->pool[j];
    }
    return n;
}

void drawn_lists_draw(struct drawn_lists *lists, size_t epoch)
{
    struct drawn_lists_work *w = lists->work;
    for (size_t i = 0; i < lists->n; i++) {
        w->keys[i] = rng_bits(w->seed, epoch, i);
        w->order[i] = (uint32_t)i;
    }
    sort_keys(w->keys, w->order, lists->n);
    lists->starts[0] = 0;
    for (size_t i = 0; i < lists->n; i++)
        lists->starts[i + 1] = lists->starts[i] + (uint32_t)draw(w, epoch, w->order[i], lists->rows + lists->starts[i]);
}

void drawn_lists_free(struct drawn_lists *lists)
{
    if (lists == NULL)
        return;
    struct drawn_lists_work *w = lists->work;
    free(w->by_query);
    free(w->first);
    free(w->many);
    free(w->pool);
    free(w->order);
    free(w->keys);
    free(w);
    free(lists->starts);
    free(lists->rows);
    free(lists);
}
