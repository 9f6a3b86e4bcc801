#include "common/model/history.h"

#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/sort.h"

static const uint32_t held_bit = 1u << 31;  // rows of a table are below

struct history {
    size_t n, queries;
    uint32_t *query, *candidate;        // (n) in order; once sorted, candidate is in order of query and time
    uint64_t *time;                     // (n) until sorted
    uint32_t *place;                    // (n) of an interaction in the sorted order
    uint32_t *starts;                   // (queries + 1) where those of a query begin
    size_t query_room, candidate_room, time_room;
};

struct history *history_new(void)
{
    return memory_zeros(1, sizeof(struct history));
}

void history_add(struct history *h, const uint32_t *query, const uint32_t *candidate, const int64_t *time, size_t rows, bool held)
{
    if (h->n + rows > INT32_MAX)
        die(EXIT_INPUT, "more than %d interactions: too many for a sequence feature", INT32_MAX);
    h->query = memory_grow(h->query, &h->query_room, h->n + rows, sizeof *h->query);
    h->candidate = memory_grow(h->candidate, &h->candidate_room, h->n + rows, sizeof *h->candidate);
    h->time = memory_grow(h->time, &h->time_room, h->n + rows, sizeof *h->time);
    for (size_t i = 0; i < rows; i++, h->n++) {
        h->query[h->n] = query[i];
        h->candidate[h->n] = candidate[i] | (held ? held_bit : 0);
        h->time[h->n] = time != NULL ? (uint64_t)time[i] ^ (uint64_t)1 << 63 : 0;
    }
}

void history_sort(struct history *h, size_t queries)
{
    uint32_t *order = memory_resize(NULL, h->n, sizeof *order), *sorted = memory_resize(NULL, h->n, sizeof *sorted);
    h->queries = queries;
    h->starts = memory_zeros(queries + 1, sizeof *h->starts);
    h->place = memory_resize(NULL, h->n, sizeof *h->place);
    for (size_t i = 0; i < h->n; i++)
        order[i] = (uint32_t)i;
    sort_keys(h->time, order, h->n);
    for (size_t i = 0; i < h->n; i++)
        h->starts[h->query[i] + 1]++;
    for (size_t q = 0; q < queries; q++)
        h->starts[q + 1] += h->starts[q];
    // Dealt out to their queries in order of time: each start runs to the next one's place, and is moved back after it.
    for (size_t i = 0; i < h->n; i++) {
        uint32_t at = h->starts[h->query[order[i]]]++;
        sorted[at] = h->candidate[order[i]];
        h->place[order[i]] = at;
    }
    for (size_t q = queries; q > 0; q--)
        h->starts[q] = h->starts[q - 1];
    h->starts[0] = 0;
    free(order);
    free(h->time);
    free(h->candidate);
    h->time = NULL;
    h->candidate = sorted;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t history_before(const struct history *h, size_t interaction, size_t n, uint32_t *candidates)
{
    size_t end = h->place[interaction], start = h->starts[h->query[interaction]], found = end - start < n ? end - start : n;
    for (size_t i = 0; i < found; i++)
        candidates[i] = h->candidate[end - found + i] & ~held_bit;
    return found;
}

size_t history_last(const struct history *h, size_t query, size_t n, uint32_t *candidates)
{
    size_t found = 0;
    for (size_t i = h->starts[query + 1]; i > h->starts[query] && found < n; i--)
        if ((h->candidate[i - 1] & held_bit) == 0)
            candidates[n - ++found] = h->candidate[i - 1];
    for (size_t i = 0; i < found; i++)
        candidates[i] = candidates[n - found + i];
    return found;
}

size_t history_all(const struct history *h, size_t query, uint32_t *candidates)
{
    size_t n = history_last(h, query, h->starts[query + 1] - h->starts[query], candidates), distinct = 0;
    qsort(candidates, n, sizeof *candidates, compare);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || candidates[i] != candidates[distinct - 1])
            candidates[distinct++] = candidates[i];
    return distinct;
}

size_t history_most(const struct history *h)
{
    size_t most = 0;
    for (size_t q = 0; q < h->queries; q++)
        if (h->starts[q + 1] - h->starts[q] > most)
            most = h->starts[q + 1] - h->starts[q];
    return most;
}

void history_free(struct history *h)
{
    if (h == NULL)
        return;
    free(h->query);
    free(h->candidate);
    free(h->time);
    free(h->place);
    free(h->starts);
    free(h);
}
