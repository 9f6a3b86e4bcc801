// Items are cut into tiles of rows and queries into groups. A task is a group and a range of tiles: for each tile one matrix
// product gives the products (group, tile), which fit the second-level cache; then each query's row is scanned (best.h), and what may be in the list
// is scored (score.h). Few queries leave threads idle, so then the tiles are dealt out in several ranges, whose pools are merged.
#include "common/math/topk.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/math/best.h"
#include "common/math/keys.h"
#include "common/math/matrix.h"
#include "common/math/score.h"
#include "common/math/simd.h"

enum {
    TILE_ROWS = 1024,
    GROUP_MAX = 128,
    FEW = 4,                  // below so many queries reading the items is what costs: no matrix product
    RANGE_TILES_MIN = 16,
    POOL_MIN = 256,
    POOLS_BYTES_MAX = 32 << 20,
};

struct tile {
    const float *vectors;
    size_t rows, first;       // first: row number of its first item
};

struct list {
    struct best best;         // (room + BEST_MORE) keys
    const float *vector;
    struct score_query query;
    size_t apart_at, asked_at;
};

// Numbers of a tile's rows for one query: scores, or products that are wrong by `error` at most.
struct found {
    float *values;            // (TILE_ROWS)
    bool scored;
    double error;
};

struct job {
    const float *vectors;
    struct topk_query *queries;
    struct scoring by;
    size_t n, group, k;
    size_t room;              // keys that a pool takes before it is cut down
    const struct tile *tiles;
    size_t n_tiles, ranges, groups;
    struct list *lists;       // (ranges, n) of the groups under way
    float **values;           // a worker each: (group, TILE_ROWS)
};

// The scores of rows that are not allowed become NaN, which is in no list.
MULTI_ARCH static void topk_hide(float *restrict scores, size_t rows, const uint64_t *restrict allowed, size_t first)
{
    for (size_t i = 0; i < rows; i++) {
        uint64_t word = allowed[(first + i) / 64];
        scores[i] = (word >> ((first + i) % 64) & 1) != 0 ? scores[i] : NAN;
    }
}

static float score_at(const struct job *job, const struct list *list, const struct tile *tile, const struct found *found, size_t i)
{
    return (found->scored ? found->values[i] : score_row(&job->by, list->vector, tile->vectors + i * job->by.width)) + 0.0f;
}

// Reports the scores that are asked for, and hides the rows that stay apart or are not allowed.
static void report(const struct job *job, struct topk_query *query, struct list *list, const struct tile *tile, struct found *found)
{
    size_t end = tile->first + tile->rows, from = list->apart_at;
    for (; list->asked_at < query->n_asked && query->asked[list->asked_at] < end; list->asked_at++)
        query->asked_scores[list->asked_at] = score_at(job, list, tile, found, query->asked[list->asked_at] - tile->first);
    for (; list->apart_at < query->n_apart && query->apart[list->apart_at] < end; list->apart_at++) {
        size_t row = query->apart[list->apart_at];
        if (query->apart_scores != NULL)
            query->apart_scores[list->apart_at] = topk_allows(query, row) ? score_at(job, list, tile, found, row - tile->first) : NAN;
    }
    if (query->allowed != NULL)
        topk_hide(found->values, tile->rows, query->allowed, tile->first);
    for (; from < list->apart_at; from++)
        found->values[query->apart[from] - tile->first] = NAN;
}

// Whether a query can have nothing in the tile, and asks for none of it.
static bool is_barred(const struct topk_query *query, const struct list *list, const struct tile *tile)
{
    size_t end = tile->first + tile->rows;
    if (query->allowed == NULL || (list->asked_at < query->n_asked && query->asked[list->asked_at] < end))
        return false;
    for (size_t row = tile->first; row < end; row = (row / 64 + 1) * 64) {
        size_t n = end - row < 64 ? end - row : 64;
        if ((query->allowed[row / 64] >> row % 64 & (n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX)) != 0)
            return false;
    }
    return true;
}

// Passes over a tile that all queries are barred from.
static bool pass_over(const struct job *job, const struct tile *tile, size_t from, size_t n, struct list *lists)
{
    for (size_t i = 0; i < n; i++)
        if (!is_barred(&job->queries[from + i], &lists[i], tile))
            return false;
    for (size_t i = 0; i < n; i++) {
        struct topk_query *query = &job->queries[from + i];
        for (; lists[i].apart_at < query->n_apart && query->apart[lists[i].apart_at] < tile->first + tile->rows; lists[i].apart_at++)
            if (query->apart_scores != NULL)
                query->apart_scores[lists[i].apart_at] = NAN;
    }
    return true;
}

// What a number of the tile has to reach: the score of the worst that is kept, or the least product of a row with that score.
static float floor_of(const struct job *job, const struct list *list, const struct found *found)
{
    return found->scored ? list->best.floor : score_least_product(&job->by, &list->query, list->best.floor, found->error);
}

// Takes what may be among the best, by its score.
static void take(const struct job *job, struct list *list, const struct tile *tile, const struct found *found)
{
    struct best *best = &list->best;
    uint32_t places[BEST_MORE];
    if (best->floor == -INFINITY) {
        float first = best_first_floor(found->values, tile->rows, job->k);
        best->floor = found->scored ? first : score_least(&job->by, &list->query, first, found->error);
    }
    float floor = floor_of(job, list, found);
    for (size_t n, at = 0; (n = best_find(found->values, &at, tile->rows, floor, places)) > 0;) {
        float scores[BEST_MORE];
        if (!found->scored)
            score_rows(&job->by, list->vector, tile->vectors, places, n, scores);
        for (size_t i = 0; i < n; i++) {
            float score = found->scored ? found->values[places[i]] : scores[i];
            if (score >= best->floor)
                best_take(best, score, tile->first + places[i]);
        }
        if (best->n <= job->room)
            continue;
        best_cut(best, job->k);
        floor = floor_of(job, list, found);
    }
}

// Scores of a few queries' products, which are the scores or nearly; of many by a matrix product; or every score by itself, where products may be
// no floats.
static void compare(const struct job *job, const struct tile *tile, const float *vectors, size_t n, const struct list *lists, struct found *found,
                    float *values)
{
    size_t width = job->by.width;
    bool scored = n < FEW && job->by.near == 0;
    double longest = scored ? 0 : score_longest(tile->vectors, tile->rows, width);
    bool wild = false;
    for (size_t i = 0; i < n; i++) {
        found[i] = (struct found){values + i * TILE_ROWS, scored, score_error(&job->by, &lists[i].query, longest)};
        wild |= !scored && !isfinite(found[i].error);
    }
    if (n >= FEW && !wild)
        matrix_nt(n, tile->rows, width, 1, vectors, width, tile->vectors, width, 0, values, TILE_ROWS);
    for (size_t i = 0; i < n && n < FEW && !wild; i++)
        score_products(vectors + i * width, tile->vectors, tile->rows, width, found[i].values);
    for (size_t i = 0; i < n && wild; i++) {
        found[i].scored = true;
        for (size_t r = 0; r < tile->rows; r++)
            found[i].values[r] = score_row(&job->by, lists[i].vector, tile->vectors + r * width);
    }
}

static void one_tile(const struct job *job, const struct tile *tile, size_t from, size_t n, struct list *lists, float *values)
{
    struct found found[GROUP_MAX];
    if (pass_over(job, tile, from, n, lists))
        return;
    compare(job, tile, job->vectors + from * job->by.width, n, lists, found, values);
    for (size_t i = 0; i < n; i++) {
        report(job, &job->queries[from + i], &lists[i], tile, &found[i]);
        take(job, &lists[i], tile, &found[i]);
    }
}

static void one_task(void *context, size_t task, size_t worker)
{
    struct job *job = context;
    size_t group = task / job->ranges, range = task % job->ranges;
    size_t from = group * job->group, n = job->n - from < job->group ? job->n - from : job->group;
    size_t tile = job->n_tiles * range / job->ranges, end = job->n_tiles * (range + 1) / job->ranges;
    // A worker has one group under way; where a group is in several ranges, all lists are needed at the end.
    struct list *lists = job->lists + (job->ranges > 1 ? range * job->n + from : worker * job->group);
    for (size_t i = 0; i < n; i++) {
        const struct topk_query *query = &job->queries[from + i];
        size_t first = tile < end ? job->tiles[tile].first : 0;
        lists[i].vector = job->vectors + (from + i) * job->by.width;
        lists[i].query = score_query_of(&job->by, lists[i].vector);
        lists[i].best.n = 0;
        lists[i].best.floor = job->k > 0 ? -INFINITY : NAN;
        lists[i].apart_at = topk_lower_bound(query->apart, query->n_apart, first);
        lists[i].asked_at = topk_lower_bound(query->asked, query->n_asked, first);
    }
    for (; tile < end; tile++)
        one_tile(job, &job->tiles[tile], from, n, lists, job->values[worker]);
    for (size_t i = 0; i < n && job->ranges == 1; i++)
        job->queries[from + i].n_hits = best_finish(&lists[i].best, job->k, job->queries[from + i].hits);
}

static void merge_ranges(const struct job *job)
{
    for (size_t i = 0; i < job->n; i++) {
        struct best *all = &job->lists[i].best;
        for (size_t r = 1; r < job->ranges; r++)
            best_merge(all, &job->lists[r * job->n + i].best, job->k);
        job->queries[i].n_hits = best_finish(all, job->k, job->queries[i].hits);
    }
}

static size_t cut_tiles(const struct topk_block *blocks, size_t n_blocks, size_t dim, struct tile **tiles, struct arena *scratch)
{
    size_t n = 0, row = 0;
    for (size_t b = 0; b < n_blocks; b++)
        n += (blocks[b].rows + TILE_ROWS - 1) / TILE_ROWS;
    *tiles = arena_array(scratch, n, sizeof **tiles);
    n = 0;
    for (size_t b = 0; b < n_blocks; b++) {
        for (size_t at = 0; at < blocks[b].rows; at += TILE_ROWS, n++) {
            size_t left = blocks[b].rows - at;
            (*tiles)[n] = (struct tile){blocks[b].vectors + at * dim, left < TILE_ROWS ? left : TILE_ROWS, row + at};
        }
        row += blocks[b].rows;
    }
    assert(row <= UINT32_MAX);
    return n;
}

void topk_search(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                 const struct scoring *by, size_t k, struct pool *pool, struct arena *scratch)
{
    if (n == 0)
        return;
    struct tile *tiles;
    struct job job = {.vectors = vectors, .queries = queries, .n = n, .by = *by};
    job.n_tiles = cut_tiles(blocks, n_blocks, by->width, &tiles, scratch);
    job.tiles = tiles;
    size_t rows = job.n_tiles == 0 ? 0 : tiles[job.n_tiles - 1].first + tiles[job.n_tiles - 1].rows;
    job.k = k < rows ? k : rows;
    job.room = 2 * job.k > POOL_MIN ? 2 * job.k : POOL_MIN;
    size_t threads = pool_threads(pool), keys_a_pool = job.room + BEST_MORE, fit = POOLS_BYTES_MAX / sizeof(uint64_t) / keys_a_pool;
    job.group = fit < 1 ? 1 : fit < GROUP_MAX ? fit : GROUP_MAX;
    job.groups = (n + job.group - 1) / job.group;
    size_t ranges_max = job.n_tiles / RANGE_TILES_MIN;
    job.ranges = job.groups > 1 || ranges_max < 2 || threads == 1 ? 1 : threads < ranges_max ? threads : ranges_max;

    size_t n_lists = job.ranges > 1 ? job.ranges * n : threads * job.group;
    job.lists = arena_array(scratch, n_lists, sizeof *job.lists);
    uint64_t *keys = arena_array(scratch, n_lists * keys_a_pool, sizeof *keys);
    for (size_t i = 0; i < n_lists; i++)
        job.lists[i] = (struct list){.best = {.keys = keys + i * keys_a_pool}};
    job.values = arena_array(scratch, threads, sizeof *job.values);
    for (size_t i = 0; i < threads; i++)
        job.values[i] = arena_array(scratch, job.group * TILE_ROWS, sizeof **job.values);
    pool_run(pool, job.groups * job.ranges, one_task, &job);
    if (job.ranges > 1)
        merge_ranges(&job);
}

void topk_inner(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                size_t dim, size_t k, struct pool *pool, struct arena *scratch)
{
    topk_search(vectors, queries, n, blocks, n_blocks, &(struct scoring){.width = dim}, k, pool, scratch);
}

size_t topk_merged(const struct topk_query *query, size_t k, struct topk_hit *out, struct arena *scratch)
{
    uint64_t *keys = arena_array(scratch, query->n_apart, sizeof *keys);
    size_t n_keys = 0, n = 0, at = 0;
    uint64_t last = query->n_hits < k || k == 0 ? 0 : best_key(query->hits[k - 1].score, query->hits[k - 1].row);
    for (size_t i = 0; i < query->n_apart; i++) {
        float score = query->apart_scores[i];
        keys[n_keys] = best_key(score, query->apart[i]);
        n_keys += score == score && keys[n_keys] > last;
    }
    keys_sort(keys, n_keys);
    for (size_t i = 0; i < query->n_hits; i++) {
        uint64_t key = best_key(query->hits[i].score, query->hits[i].row);
        while (at < n_keys && keys[at] > key)
            out[n++] = best_hit(keys[at++]);
        out[n++] = query->hits[i];
    }
    while (at < n_keys)
        out[n++] = best_hit(keys[at++]);
    return n;
}

void topk_join(struct topk_query *list, const struct topk_query *part, size_t first, size_t k, struct topk_hit *room)
{
    size_t n = 0, mine = 0, others = 0, n_mine = list->n_hits;
    memcpy(room, list->hits, n_mine * sizeof *room);
    while (n < k && (mine < n_mine || others < part->n_hits)) {
        struct topk_hit other = others < part->n_hits ? part->hits[others] : (struct topk_hit){0};
        other.row += (uint32_t)first;
        bool better = others < part->n_hits && (mine == n_mine || topk_before(other, room[mine]));
        list->hits[n++] = better ? other : room[mine];
        others += better;
        mine += !better;
    }
    list->n_hits = n;
}
