// Items are cut into tiles of rows and queries into groups. A task is a group and a range of tiles: for each tile one matrix
// product gives the scores (group, tile), which fit the second-level cache; then each query's row is scanned. A score
// enters the query's heap of k if it is above the worst there, which soon hardly any is, so the scan is one comparison an item,
// many at a time. Few queries leave threads idle, so then the tiles are dealt out in several ranges, whose heaps are
// merged. Tiles and groups do not depend on the threads, so neither do the numbers.
//
// A heap holds keys: the score as an integer of the same order, above the complement of the row. One comparison of
// integers is then the whole order, ties included.
#include "common/math/topk.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/math/matrix.h"
#include "common/math/simd.h"

enum {
    TILE_ROWS = 1024,
    GROUP_MAX = 64,
    FEW = 4,                  // below so many queries reading the items is what costs: no matrix product
    SCAN = 64,
    RANGE_TILES_MIN = 16,
    HEAPS_BYTES_MAX = 32 << 20,
};

struct tile {
    const float *vectors;
    size_t rows, first;       // first: row number of its first item
};

struct heap {
    uint64_t *keys;           // (k) the smallest first
    size_t n;
    size_t apart_at, asked_at;
};

struct job {
    const float *vectors;
    struct topk_query *queries;
    size_t n, group, dim, k;
    const struct tile *tiles;
    size_t n_tiles, ranges, groups;
    struct heap *heaps;       // (ranges, n) of the groups under way
    float **scores;           // a worker each: (group, TILE_ROWS)
};

static inline uint64_t key_of(float score, size_t row)
{
    uint32_t bits;
    score += 0.0f;  // -0 becomes 0
    memcpy(&bits, &score, sizeof bits);
    bits ^= bits >> 31 != 0 ? 0xffffffffu : 0x80000000u;
    return (uint64_t)bits << 32 | (uint32_t)~(uint32_t)row;
}

static inline struct topk_hit hit_of(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    bits ^= bits >> 31 != 0 ? 0x80000000u : 0xffffffffu;
    struct topk_hit hit = {.row = ~(uint32_t)key};
    memcpy(&hit.score, &bits, sizeof bits);
    return hit;
}

// Puts a key into the place at the top, and moves it down to where it belongs.
static inline void sift(uint64_t *keys, size_t n, uint64_t key)
{
    size_t at = 0;
    for (size_t child = 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && keys[child + 1] < keys[child];
        if (keys[child] >= key)
            break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

static void heap_add(struct heap *heap, size_t k, uint64_t key)
{
    if (heap->n == k) {
        if (key > heap->keys[0])
            sift(heap->keys, k, key);
        return;
    }
    size_t at = heap->n++;
    for (; at > 0 && heap->keys[(at - 1) / 2] > key; at = (at - 1) / 2)
        heap->keys[at] = heap->keys[(at - 1) / 2];
    heap->keys[at] = key;
}

// Sorts the keys, largest first.
static void heap_sort(struct heap *heap)
{
    for (size_t n = heap->n; n > 1; n--) {
        uint64_t smallest = heap->keys[0];
        sift(heap->keys, n - 1, heap->keys[n - 1]);
        heap->keys[n - 1] = smallest;
    }
}

// Products of one vector with rows of items, in lanes: the same sum in the same order wherever the item lies.
MULTI_ARCH static void dots(const float *restrict vector, const float *restrict items, size_t rows, size_t dim, float *restrict out)
{
    for (size_t r = 0; r < rows; r++, items += dim) {
        float sums[LANES] = {0};
        size_t i = 0;
        for (; i + LANES <= dim; i += LANES)
            for (size_t j = 0; j < LANES; j++)
                sums[j] += vector[i + j] * items[i + j];
        for (size_t j = 0; i + j < dim; j++)
            sums[j] += vector[i + j] * items[i + j];
        for (size_t width = LANES / 2; width > 0; width /= 2)
            for (size_t j = 0; j < width; j++)
                sums[j] += sums[j + width];
        out[r] = sums[0];
    }
}

// The first place from `at` on where a score is at least `floor`, rounded down to a multiple of SCAN; n if there is none.
MULTI_ARCH static size_t scan(const float *restrict scores, size_t at, size_t n, float floor)
{
    for (; at + SCAN <= n; at += SCAN) {
        int any = 0;
        for (size_t j = 0; j < SCAN; j++)
            any |= scores[at + j] >= floor;
        if (any)
            return at;
    }
    return at;
}

// The lowest score that can still enter; NaN is not above anything.
static inline float heap_floor(const struct heap *heap, size_t k)
{
    return heap->n < k ? -INFINITY : hit_of(heap->keys[0]).score;
}

static void select_from(struct heap *heap, size_t k, const float *scores, size_t rows, size_t first)
{
    float floor = heap_floor(heap, k);
    for (size_t at = 0; (at = scan(scores, at, rows, floor)) < rows;) {
        size_t end = at + SCAN < rows ? at + SCAN : rows;
        for (; at < end; at++) {
            if (!(scores[at] >= floor))
                continue;
            heap_add(heap, k, key_of(scores[at], first + at));
            floor = heap_floor(heap, k);
        }
    }
}

// Reports the scores that are asked for, and hides the rows that stay apart.
static void report(struct topk_query *query, struct heap *heap, float *scores, const struct tile *tile)
{
    size_t end = tile->first + tile->rows;
    for (; heap->asked_at < query->n_asked && query->asked[heap->asked_at] < end; heap->asked_at++)
        query->asked_scores[heap->asked_at] = scores[query->asked[heap->asked_at] - tile->first] + 0.0f;
    size_t from = heap->apart_at;
    for (; heap->apart_at < query->n_apart && query->apart[heap->apart_at] < end; heap->apart_at++)
        if (query->apart_scores != NULL)
            query->apart_scores[heap->apart_at] = scores[query->apart[heap->apart_at] - tile->first] + 0.0f;
    for (; from < heap->apart_at; from++)
        scores[query->apart[from] - tile->first] = NAN;
}

// The first of the rising rows that is not below `row`.
static size_t lower_bound(const uint32_t *rows, size_t n, size_t row)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (rows[middle] < row)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static void one_tile(const struct job *job, const struct tile *tile, size_t from, size_t n, struct heap *heaps, float *scores)
{
    const float *vectors = job->vectors + from * job->dim;
    if (n < FEW)
        for (size_t i = 0; i < n; i++)
            dots(vectors + i * job->dim, tile->vectors, tile->rows, job->dim, scores + i * TILE_ROWS);
    else
        matrix_nt(n, tile->rows, job->dim, 1, vectors, job->dim, tile->vectors, job->dim, 0, scores, TILE_ROWS);
    for (size_t i = 0; i < n; i++) {
        report(&job->queries[from + i], &heaps[i], scores + i * TILE_ROWS, tile);
        select_from(&heaps[i], job->k, scores + i * TILE_ROWS, tile->rows, tile->first);
    }
}

static void one_task(void *context, size_t task, size_t worker)
{
    struct job *job = context;
    size_t group = task / job->ranges, range = task % job->ranges;
    size_t from = group * job->group, n = job->n - from < job->group ? job->n - from : job->group;
    size_t tile = job->n_tiles * range / job->ranges, end = job->n_tiles * (range + 1) / job->ranges;
    // A worker has one group under way; where a group is in several ranges, all heaps are needed at the end.
    struct heap *heaps = job->heaps + (job->ranges > 1 ? range * job->n + from : worker * job->group);
    for (size_t i = 0; i < n; i++) {
        const struct topk_query *query = &job->queries[from + i];
        size_t first = tile < end ? job->tiles[tile].first : 0;
        heaps[i].n = 0;
        heaps[i].apart_at = lower_bound(query->apart, query->n_apart, first);
        heaps[i].asked_at = lower_bound(query->asked, query->n_asked, first);
    }
    for (; tile < end; tile++)
        one_tile(job, &job->tiles[tile], from, n, heaps, job->scores[worker]);
    for (size_t i = 0; i < n && job->ranges == 1; i++) {
        struct topk_query *query = &job->queries[from + i];
        heap_sort(&heaps[i]);
        query->n_hits = heaps[i].n;
        for (size_t j = 0; j < heaps[i].n; j++)
            query->hits[j] = hit_of(heaps[i].keys[j]);
    }
}

static void merge_ranges(const struct job *job)
{
    for (size_t i = 0; i < job->n; i++) {
        struct heap *all = &job->heaps[i];
        for (size_t r = 1; r < job->ranges; r++)
            for (size_t j = 0; j < job->heaps[r * job->n + i].n; j++)
                heap_add(all, job->k, job->heaps[r * job->n + i].keys[j]);
        heap_sort(all);
        job->queries[i].n_hits = all->n;
        for (size_t j = 0; j < all->n; j++)
            job->queries[i].hits[j] = hit_of(all->keys[j]);
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

void topk_inner(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                size_t dim, size_t k, struct pool *pool, struct arena *scratch)
{
    if (n == 0)
        return;
    struct tile *tiles;
    struct job job = {.vectors = vectors, .queries = queries, .n = n, .dim = dim};
    job.n_tiles = cut_tiles(blocks, n_blocks, dim, &tiles, scratch);
    job.tiles = tiles;
    size_t rows = job.n_tiles == 0 ? 0 : tiles[job.n_tiles - 1].first + tiles[job.n_tiles - 1].rows;
    job.k = k < rows ? k : rows;
    size_t threads = pool_threads(pool), fit = job.k == 0 ? GROUP_MAX : HEAPS_BYTES_MAX / sizeof(uint64_t) / job.k;
    job.group = fit < 1 ? 1 : fit < GROUP_MAX ? fit : GROUP_MAX;
    job.groups = (n + job.group - 1) / job.group;
    size_t ranges_max = job.n_tiles / RANGE_TILES_MIN;
    job.ranges = job.groups > 1 || ranges_max < 2 || threads == 1 ? 1 : threads < ranges_max ? threads : ranges_max;

    size_t n_heaps = job.ranges > 1 ? job.ranges * n : threads * job.group;
    job.heaps = arena_array(scratch, n_heaps, sizeof *job.heaps);
    uint64_t *keys = arena_array(scratch, n_heaps * (job.k + 1), sizeof *keys);
    for (size_t i = 0; i < n_heaps; i++)
        job.heaps[i] = (struct heap){.keys = keys + i * (job.k + 1)};
    job.scores = arena_array(scratch, threads, sizeof *job.scores);
    for (size_t i = 0; i < threads; i++)
        job.scores[i] = arena_array(scratch, job.group * TILE_ROWS, sizeof **job.scores);
    pool_run(pool, job.groups * job.ranges, one_task, &job);
    if (job.ranges > 1)
        merge_ranges(&job);
}

size_t topk_merged(const struct topk_query *query, size_t k, struct topk_hit *out, struct arena *scratch)
{
    uint64_t *keys = arena_array(scratch, query->n_apart, sizeof *keys);
    struct heap apart = {.keys = keys};
    bool open = query->n_hits < k;
    for (size_t i = 0; i < query->n_apart; i++) {
        struct topk_hit hit = {query->apart[i], query->apart_scores[i]};
        bool in = hit.score == hit.score && (open || topk_before(hit, query->hits[query->n_hits - 1]));
        if (in)
            heap_add(&apart, query->n_apart, key_of(hit.score, hit.row));
    }
    heap_sort(&apart);
    size_t n = 0, a = 0;
    for (size_t i = 0; i < query->n_hits; i++) {
        while (a < apart.n && apart.keys[a] > key_of(query->hits[i].score, query->hits[i].row))
            out[n++] = hit_of(apart.keys[a++]);
        out[n++] = query->hits[i];
    }
    while (a < apart.n)
        out[n++] = hit_of(apart.keys[a++]);
    return n;
}
