#include "common/metric/popularity.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/arena.h"

struct popularity {
    size_t n;
    uint32_t *order;      // (n) candidates, most popular first
    bool *skip;           // (n) all false between calls
    uint32_t *rows;       // (n) of the list
    float *scores;
};

static int by_key_falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

struct popularity *popularity_new(const uint32_t *counts, size_t n)
{
    struct popularity *p = memory_zeros(1, sizeof *p);
    p->n = n;
    p->order = memory_zeros(n, sizeof *p->order);
    p->skip = memory_zeros(n, sizeof *p->skip);
    p->rows = memory_zeros(n, sizeof *p->rows);
    p->scores = memory_zeros(n, sizeof *p->scores);
    uint64_t *keys = memory_zeros(n, sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = (uint64_t)counts[i] << 32 | (uint32_t)~(uint32_t)i;
    qsort(keys, n, sizeof *keys, by_key_falling);
    for (size_t i = 0; i < n; i++)
        p->order[i] = ~(uint32_t)keys[i];
    free(keys);
    return p;
}

struct metric_list popularity_list(struct popularity *p, const uint32_t *seen, size_t n_seen, size_t k)
{
    for (size_t i = 0; i < n_seen; i++)
        p->skip[seen[i]] = true;
    size_t n = 0;
    for (size_t place = 0; place < p->n && n < k; place++) {
        if (p->skip[p->order[place]])
            continue;
        p->rows[n] = p->order[place];
        p->scores[n++] = -(float)place;
    }
    for (size_t i = 0; i < n_seen; i++)
        p->skip[seen[i]] = false;
    return (struct metric_list){p->rows, p->scores, n};
}

void popularity_free(struct popularity *p)
{
    if (p == NULL)
        return;
    free(p->order);
    free(p->skip);
    free(p->rows);
    free(p->scores);
    free(p);
}
