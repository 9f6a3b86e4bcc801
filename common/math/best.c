#include "common/math/best.h"

#include "common/math/keys.h"

void best_cut(struct best *best, size_t k)
{
    if (best->n < k || k == 0)
        return;
    keys_keep(best->keys, best->n, k);
    best->n = k;
    best->floor = best_hit(best->keys[k - 1]).score;
}

void best_merge(struct best *best, struct best *from, size_t k)
{
    best_cut(best, k);
    best_cut(from, k);
    memcpy(best->keys + best->n, from->keys, from->n * sizeof *from->keys);
    best->n += from->n;
    best_cut(best, k);
}

size_t best_finish(struct best *best, size_t k, struct topk_hit *hits)
{
    best_cut(best, k);
    keys_sort(best->keys, best->n);
    for (size_t i = 0; i < best->n; i++)
        hits[i] = best_hit(best->keys[i]);
    return best->n;
}
