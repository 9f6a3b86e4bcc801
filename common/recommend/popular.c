#include "common/recommend/popular.h"

#include <stdlib.h>

#include "common/base/sort.h"

struct popular popular_new(const struct held *candidates, struct arena *arena)
{
    size_t n, row = 0, rows = held_rows(candidates);
    const struct frame *frames = held_frames(candidates, &n);
    struct popular popular = {arena_array(arena, rows + 1, sizeof *popular.rows), arena_zeros(arena, rows + 1, sizeof *popular.counts), rows};
    uint64_t *keys = memory_resize(NULL, rows + 1, sizeof *keys);
    for (size_t f = 0; f < n; f++) {
        const struct cells *cells = frame_column_if(&frames[f], "count", "u32");
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            popular.counts[row] = cells != NULL ? ((const uint32_t *)cells->values)[i] : 0;
            popular.rows[row] = (uint32_t)row;
            keys[row] = UINT32_MAX - popular.counts[row];
        }
    }
    sort_keys(keys, popular.rows, rows);
    free(keys);
    return popular;
}

void popular_list(const struct popular *popular, const struct index *index, struct topk_query *list, size_t k, struct arena *arena)
{
    list->hits = arena_array(arena, k + 1, sizeof *list->hits);
    list->n_hits = 0;
    for (size_t i = 0; i < popular->n && list->n_hits < k; i++) {
        uint32_t row = popular->rows[i];
        if (topk_allows(list, row) && index_has(index, row))
            list->hits[list->n_hits++] = (struct topk_hit){row, (float)popular->counts[row]};
    }
}
