// A task is a group of queries and a range of tiles of rows, as in topk.c. What passes a query's floor waits in its list; when that is
// full the waiting rows are fetched ahead of their use and scored in floats, and the floor rises to the k-th best score so far. Of a million rows a
// hundred or so are scored for k = 10.
#include "common/math/screen.h"

#include <assert.h>
#include <math.h>

#include "common/math/best.h"
#include "common/math/codes.h"
#include "common/math/score.h"

enum { TILE_GROUPS = 64, QUERIES_MAX = 256, ROWS_MIN = 8192, ROWS_A_HIT = 64, ROOM_MIN = 128, RANGE_TILES_MIN = 16, AHEAD = 8 };

struct tile {
    const uint8_t *codes;
    const float *scales;
    size_t rows, first;
    float errors[2];
};

// One query on its way through one range of tiles.
struct course {
    struct codes_query query;     // first: found() is given this
    struct best best;
    struct topk_query *asked;
    const float *vector;
    struct score_query of_vector;
};

struct job {
    const float *vectors;
    struct topk_query *queries;
    struct scoring by;
    size_t n, k, rows, room;
    const struct topk_block *blocks;
    size_t *block_first;          // (n_blocks + 1)
    size_t n_blocks;
    const struct tile *tiles;
    size_t n_tiles, ranges;
    struct course *courses;       // (ranges, n)
};

static const float *row_vector(const struct job *job, size_t row)
{
    size_t low = 0, high = job->n_blocks;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (job->block_first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return job->blocks[low].vectors + (row - job->block_first[low]) * job->by.width;
}

static void fetch(const float *vector, size_t dim)
{
    for (size_t i = 0; i < dim; i += 16)
        __builtin_prefetch(vector + i);
}

// The bounds of values allow for roundings of products.
static void use_floor(const struct job *job, struct course *course)
{
    float floor = course->best.floor;
    if (job->by.near > 0)
        floor = score_least_product(&job->by, &course->of_vector, floor, 0);
    course->query.floor = floor / course->query.scale;
}

// Scores in floats the rows that wait.
static void settle(void *context, struct codes_query *query)
{
    struct job *job = context;
    struct course *course = (struct course *)query;
    const float *next[AHEAD];
    size_t n = 0;
    for (size_t i = 0; i < query->n; i++) {
        uint32_t row = query->rows[i];
        if (query->values[i] < query->floor || !topk_allows(course->asked, row) || topk_is_apart(course->asked, row))
            continue;
        query->rows[n++] = row;
    }
    for (size_t i = 0; i < n + AHEAD; i++) {
        if (i >= AHEAD) {
            float score = score_row(&job->by, course->vector, next[i % AHEAD]);
            if (score >= course->best.floor)
                best_take(&course->best, score, query->rows[i - AHEAD]);
        }
        if (i < n) {
            next[i % AHEAD] = row_vector(job, query->rows[i]);
            fetch(next[i % AHEAD], job->by.width);
        }
    }
    query->n = 0;
    if (course->best.n > job->room) {
        best_cut(&course->best, job->k);
        use_floor(job, course);
    }
}

static void one_task(void *context, size_t task, size_t worker)
{
    struct job *job = context;
    (void)worker;
    size_t range = task % job->ranges, from = task / job->ranges * QUERIES_MAX, n = job->n - from < QUERIES_MAX ? job->n - from : QUERIES_MAX;
    struct course *courses = job->courses + range * job->n + from;
    struct codes_query *queries[QUERIES_MAX];
    for (size_t i = 0; i < n; i++)
        queries[i] = &courses[i].query;
    for (size_t t = job->n_tiles * range / job->ranges; t < job->n_tiles * (range + 1) / job->ranges; t++) {
        const struct tile *tile = &job->tiles[t];
        for (size_t i = 0; i < n; i++)
            codes_query_bound(queries[i], tile->errors);
        codes_scan(tile->codes, tile->scales, tile->rows, (uint32_t)tile->first, job->by.width, queries, n, settle, job);
    }
    for (size_t i = 0; i < n; i++)
        settle(job, queries[i]);
}

static void report(const struct job *job, struct topk_query *query, const float *vector)
{
    for (size_t i = 0; i < query->n_asked; i++)
        query->asked_scores[i] = score_row(&job->by, vector, row_vector(job, query->asked[i])) + 0.0f;
    for (size_t i = 0; i < query->n_apart && query->apart_scores != NULL; i++)
        query->apart_scores[i] = topk_allows(query, query->apart[i]) ? score_row(&job->by, vector, row_vector(job, query->apart[i])) + 0.0f : NAN;
}

static void cut_tiles(struct job *job, const struct screen_block *codes, size_t n_codes, struct arena *scratch)
{
    size_t n = 0, bytes = codes_group_bytes(job->by.width), first = 0;
    for (size_t b = 0; b < n_codes; b++)
        n += (codes[b].groups + TILE_GROUPS - 1) / TILE_GROUPS;
    struct tile *tiles = arena_array(scratch, n, sizeof *tiles);
    for (size_t b = 0; b < n_codes; b++)
        for (size_t g = 0; g < codes[b].groups; g += TILE_GROUPS) {
            size_t groups = codes[b].groups - g < TILE_GROUPS ? codes[b].groups - g : TILE_GROUPS;
            struct tile *tile = &tiles[job->n_tiles++];
            size_t rows = job->rows - first < groups * CODES_ROWS ? job->rows - first : groups * CODES_ROWS;
            *tile = (struct tile){codes[b].codes + g * bytes, codes[b].scales + g * CODES_ROWS, rows, first, {0, 0}};
            for (size_t i = 0; i < 2 * groups; i++)
                tile->errors[i % 2] = fmaxf(tile->errors[i % 2], codes[b].errors[2 * g + i]);
            first += rows;
        }
    job->tiles = tiles;
}

// False if a query's numbers are out of bounds.
static bool begin(struct job *job, struct arena *scratch)
{
    size_t numbers = codes_query_numbers(job->by.width), total = job->ranges * job->n;
    job->courses = arena_array(scratch, total, sizeof *job->courses);
    int8_t *all = arena_array(scratch, total * numbers, sizeof *all);
    uint32_t *rows = arena_array(scratch, total * (ROOM_MIN + CODES_ROOM), sizeof *rows);
    float *values = arena_array(scratch, total * (ROOM_MIN + CODES_ROOM), sizeof *values);
    uint64_t *keys = arena_array(scratch, total * (job->room + ROOM_MIN + CODES_ROOM), sizeof *keys);
    for (size_t i = 0; i < total; i++) {
        struct course *course = &job->courses[i];
        *course = (struct course){
            .query = {.numbers = all + i * numbers, .floor = -INFINITY, .rows = rows + i * (ROOM_MIN + CODES_ROOM),
                      .values = values + i * (ROOM_MIN + CODES_ROOM), .room = ROOM_MIN},
            .best = {.keys = keys + i * (job->room + ROOM_MIN + CODES_ROOM), .floor = -INFINITY},
            .asked = &job->queries[i % job->n], .vector = job->vectors + i % job->n * job->by.width,
        };
        if (!codes_query_set(&course->query, course->vector, job->by.width) || !codes_query_is_bounded(&course->query))
            return false;
        course->of_vector = score_query_of(&job->by, course->vector);
    }
    return true;
}

bool screen_search(const float *vectors, struct topk_query *queries, size_t n, const struct topk_block *blocks, size_t n_blocks,
                  const struct screen_block *codes, size_t n_codes, const struct scoring *by, size_t k, struct pool *pool, struct arena *scratch)
{
    struct job job = {.vectors = vectors, .queries = queries, .n = n, .by = *by, .k = k, .blocks = blocks, .n_blocks = n_blocks};
    job.block_first = arena_zeros(scratch, n_blocks + 1, sizeof *job.block_first);
    for (size_t b = 0; b < n_blocks; b++)
        job.block_first[b + 1] = job.block_first[b] + blocks[b].rows;
    job.rows = job.block_first[n_blocks];
    if (!codes_fast() || n == 0 || k == 0 || job.rows < ROWS_MIN || k > job.rows / ROWS_A_HIT)
        return false;
    cut_tiles(&job, codes, n_codes, scratch);
    job.room = 2 * k > ROOM_MIN ? 2 * k : ROOM_MIN;
    size_t groups = (n + QUERIES_MAX - 1) / QUERIES_MAX, threads = pool_threads(pool), ranges_max = job.n_tiles / RANGE_TILES_MIN;
    job.ranges = groups > 1 || ranges_max < 2 || threads == 1 ? 1 : threads < ranges_max ? threads : ranges_max;
    if (!begin(&job, scratch))
        return false;
    pool_run(pool, groups * job.ranges, one_task, &job);
    for (size_t i = 0; i < n; i++) {
        struct best *all = &job.courses[i].best;
        for (size_t r = 1; r < job.ranges; r++)
            best_merge(all, &job.courses[r * n + i].best, k);
        queries[i].n_hits = best_finish(all, k, queries[i].hits);
        report(&job, &queries[i], vectors + i * by->width);
    }
    return true;
}
