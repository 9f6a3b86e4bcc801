#include "common/metric/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/metric/popularity.h"

const struct baseline_kind *const baseline_kinds[] = {&baseline_knn, &baseline_ease, NULL};

struct baseline {
    const struct baseline_kind *kind;
    void *fitted;
    size_t n;                      // candidates
    uint32_t *places;              // (n) in the order of popularity
    float *scores;                 // (n)
    bool *skip;                    // (n) all false between calls
    struct best { float score; uint32_t place, row; } *heap;  // (n) of a list under way, the last of it on top
    uint32_t *rows;                // (n) of the list
    float *negated;                // (n)
};

const struct baseline_kind *baseline_kind(const char *name)
{
    for (size_t i = 0; baseline_kinds[i] != NULL; i++)
        if (strcmp(baseline_kinds[i]->name, name) == 0)
            return baseline_kinds[i];
    return NULL;
}

struct baseline *baseline_new(const struct call *call, const struct baseline_data *data, struct pool *pool)
{
    const struct baseline_kind *kind = baseline_kind(call->name);
    void *fitted = kind->fit(call, data, pool);
    if (fitted == NULL)
        return NULL;
    struct baseline *b = memory_zeros(1, sizeof *b);
    *b = (struct baseline){.kind = kind, .fitted = fitted, .n = data->n_candidates};
    b->places = memory_zeros(b->n, sizeof *b->places);
    b->scores = memory_zeros(b->n, sizeof *b->scores);
    b->skip = memory_zeros(b->n, sizeof *b->skip);
    b->heap = memory_zeros(b->n, sizeof *b->heap);
    b->rows = memory_zeros(b->n, sizeof *b->rows);
    b->negated = memory_zeros(b->n, sizeof *b->negated);
    struct popularity *popularity = popularity_new(data->counts, b->n);
    struct metric_list order = popularity_list(popularity, NULL, 0, b->n);
    for (size_t i = 0; i < order.n; i++)
        b->places[order.rows[i]] = (uint32_t)i;
    for (size_t i = 0; i < b->n; i++)
        b->negated[i] = -(float)i;
    popularity_free(popularity);
    return b;
}

const char *baseline_name(const struct baseline *b)
{
    return b->kind->name;
}

static bool before(const struct best *a, const struct best *b)
{
    return a->score > b->score || (a->score == b->score && a->place < b->place);
}

// Puts `in` on top of the heap of n and lets it sink to where everything below it comes before it.
static void sink(struct best *heap, size_t n, struct best in)
{
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && before(&heap[child], &heap[child + 1]);
        if (!before(&in, &heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = in;
}

static void rise(struct best *heap, size_t at, struct best in)
{
    for (; at > 0 && before(&heap[(at - 1) / 2], &in); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = in;
}

struct metric_list baseline_list(struct baseline *b, const uint32_t *taken, size_t n_taken, bool excluded, size_t k)
{
    if (b->n > 0)
        memset(b->scores, 0, b->n * sizeof *b->scores);
    b->kind->score(b->fitted, taken, n_taken, b->scores);
    for (size_t i = 0; excluded && i < n_taken; i++)
        b->skip[taken[i]] = true;
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct best in = {b->scores[i], b->places[i], (uint32_t)i};
        if (b->skip[i] || k == 0)
            continue;
        if (n < k)
            rise(b->heap, n++, in);
        else if (before(&in, &b->heap[0]))
            sink(b->heap, n, in);
    }
    for (size_t i = 0; excluded && i < n_taken; i++)
        b->skip[taken[i]] = false;
    for (size_t left = n; left > 0; left--) {
        b->rows[left - 1] = b->heap[0].row;
        sink(b->heap, left - 1, b->heap[left - 1]);
    }
    return (struct metric_list){b->rows, b->negated, n};
}

void baseline_free(struct baseline *b)
{
    if (b == NULL)
        return;
    b->kind->free(b->fitted);
    free(b->places);
    free(b->scores);
    free(b->skip);
    free(b->heap);
    free(b->rows);
    free(b->negated);
    free(b);
}
