// The vectors are divided by their lengths in stretches that fit the memory, each searched by inner product; what a stretch has
// goes behind the best so far, and the best of both stay.
#include "common/index/similar.h"

#include "common/index/metric.h"

enum { STRETCH_BYTES = 4 << 20, STRETCH_ROWS_MIN = 64 };

void index_direction(const struct index *index, size_t row, float *out)
{
    index_vector(index, row, out);
    metric_direction(out, index->dim, out);
}

void similar_search(const struct index *index, const uint32_t *rows, struct topk_query *lists, size_t n, size_t k, struct pool *pool,
                    struct arena *scratch)
{
    size_t dim = index->dim, stretch = STRETCH_BYTES / (dim * sizeof(float)) / 64 * 64;
    stretch = stretch < STRETCH_ROWS_MIN ? STRETCH_ROWS_MIN : stretch;
    float *queries = arena_array(scratch, n * dim, sizeof *queries), *directions = arena_array(scratch, stretch * dim, sizeof *directions);
    struct topk_query *parts = arena_zeros(scratch, n, sizeof *parts);
    struct topk_hit *hits = arena_array(scratch, n * k, sizeof *hits), *room = arena_array(scratch, k, sizeof *room);
    uint32_t *itself = arena_array(scratch, n, sizeof *itself);
    for (size_t i = 0; i < n; i++) {
        index_direction(index, rows[i], queries + i * dim);
        lists[i].n_hits = 0;
    }
    struct topk_query *without = index_without_gone(index, lists, n, scratch);
    struct arena arena = {0};
    for (size_t first = 0; first < index->rows; first += stretch) {
        size_t m = index->rows - first < stretch ? index->rows - first : stretch;
        for (size_t i = 0; i < m; i++)
            index_direction(index, first + i, directions + i * dim);
        for (size_t i = 0; i < n; i++) {
            const uint64_t *allowed = without != NULL ? without[i].allowed : lists[i].allowed;
            itself[i] = (uint32_t)(rows[i] - first);
            parts[i] = (struct topk_query){
                .hits = hits + i * k, .allowed = allowed != NULL ? allowed + first / 64 : NULL,
                .apart = &itself[i], .n_apart = rows[i] >= first && rows[i] - first < m,
            };
        }
        struct topk_block block = {directions, m};
        topk_inner(queries, parts, n, &block, 1, dim, k, pool, &arena);
        for (size_t i = 0; i < n; i++)
            topk_join(&lists[i], &parts[i], first, k, room);
        arena_reset(&arena);
    }
    arena_free(&arena);
}
