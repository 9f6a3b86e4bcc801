// Searching an inverted file. A task is a share of the queries, taken group by group; in a group the loop over leaves is outside and that over
// queries inside, so that the codes of a leaf are read once for all queries that visit it, and four groups of rows meet four queries in the registers
// (math/codes.h). A query alone goes leaf by leaf.
//
//   1. The centres are compared like rows, and leaves chosen by them (ivf_choose.c).
//   2. Each query visits its nearest leaf, which gives it a floor; then the others, leaf by leaf. It keeps somewhat more rows than asked for.
//   3. Those are scored by their vectors, fetched ahead.
//
// Where few rows are allowed, no number of leaves has the recall, or a list stayed shorter than it could be, every row that the query may have is
// scored.
#include <math.h>
#include <string.h>

#include "common/index/ivf.h"
#include "common/index/metric.h"
#include "common/math/packed.h"
#include "common/math/score.h"

enum { GROUP_MAX = 4096, GROUP_BYTES_MAX = 16 << 20, VISITS = 1 << 19, ROOM = 32, KEPT_MORE = 8, CHOOSE_MAX = 64, FETCH_GROUPS_MAX = 16 };

// One query of a group under way.
struct course {
    struct codes_query query;       // first: take_slots is given this
    struct best best;
    struct topk_query *asked;
    const float *vector;
    const uint32_t *leaves;         // (visits); none: every row is scored
    size_t visits;
};

// What a worker needs.
struct desk {
    struct course *courses;         // (group)
    struct codes_query **queries;   // (group)
    uint32_t *leaves;               // (visits_max) of all queries of the group
    uint32_t *visitors;             // (visits_max) queries sorted by leaf
    uint32_t *first;                // (n_leaves + 1)
    float *values;                  // (CHOOSE_MAX, stride) of the leaves
    struct ivf_chooser chooser;
    size_t last_k, last_leaves;     // ivf_leaves for the last length of list
};

struct job {
    const struct index *index;
    const struct ivf *ivf;
    const float *vectors;
    struct topk_query *queries;
    size_t n, k, keep, leaves, group, share, stride, visits_max;
    double recall;
    struct scoring by;
    struct desk *desks;             // (threads)
};

static float score_of(const struct job *job, const float *vector, size_t row)
{
    const struct ivf *ivf = job->ivf;
    const struct scoring *by = &job->by;
    if (ivf->floats != NULL)
        return score_row(by, vector, ivf->floats + row * by->width);
    const uint8_t *packed = blocks_at(&ivf->vectors, row);
    float scale = *(const float *)blocks_at(&ivf->scales, row);
    return by->near > 0 ? packed_near(vector, packed, scale, by->width, by->near) : packed_dot(vector, packed, scale, by->width);
}

static void fetch(const struct index *index, size_t row)
{
    const struct ivf *ivf = index->state;
    size_t bytes = ivf->floats != NULL ? index->width * sizeof(float) : ivf->vectors.value_bytes;
    const char *at = ivf->floats != NULL ? (const char *)(ivf->floats + row * index->width) : blocks_at(&ivf->vectors, row);
    for (size_t i = 0; i < bytes; i += 64)
        __builtin_prefetch(at + i);
    __builtin_prefetch(at + bytes - 1);
    if (ivf->floats == NULL)
        __builtin_prefetch(blocks_at(&ivf->scales, row));
}

static bool may_have(const struct topk_query *query, uint32_t row)
{
    return topk_allows(query, row) && !topk_is_apart(query, row);
}

static void take_slots(void *context, struct codes_query *query)
{
    const struct job *job = context;
    struct course *course = (struct course *)query;
    bool free = course->asked->allowed == NULL && course->asked->n_apart == 0;
    for (size_t i = 0; i < query->n; i++) {
        if (query->values[i] < query->floor)
            continue;
        uint32_t row = free ? 0 : *ivf_slot_row(job->ivf, query->rows[i]);
        if (free || (row < job->index->rows && may_have(course->asked, row)))
            best_take(&course->best, query->values[i], query->rows[i]);
    }
    query->n = 0;
    if (course->best.n > 2 * job->keep) {
        best_cut(&course->best, job->keep);
        query->floor = course->best.floor;
    }
}

static bool begin(const struct job *job, struct course *course, size_t query)
{
    course->asked = &job->queries[query];
    course->vector = job->vectors + query * job->index->width;
    course->best.n = course->query.n = course->visits = 0;
    course->best.floor = course->query.floor = -INFINITY;
    return codes_query_set(&course->query, course->vector, job->index->width) && job->k <= job->index->rows / 4;
}

static size_t wanted_leaves(const struct job *job, struct desk *desk, const struct topk_query *asked)
{
    size_t k = job->k + asked->n_apart;
    if (asked->allowed != NULL)
        k = (size_t)((double)k * (double)job->index->rows / fmax((double)ivf_count_allowed(&desk->chooser, asked->allowed), 1));
    if (job->leaves == 0 && k != desk->last_k) {
        desk->last_k = k;
        desk->last_leaves = ivf_leaves(job->ivf, job->recall, k);
    }
    return job->leaves > 0 ? job->leaves : desk->last_leaves;
}

// Begins with queries from `from` on, as many as there is room for their visits; returns how many.
static size_t choose_leaves(const struct job *job, struct desk *desk, size_t from, size_t to)
{
    size_t n = 0, used = 0, whole = job->ivf->n_leaves, wanted[CHOOSE_MAX];
    while (n < job->group && from + n < to && used + whole <= job->visits_max) {
        size_t these = to - from - n < CHOOSE_MAX ? to - from - n : CHOOSE_MAX, good = 0;
        these = job->group - n < these ? job->group - n : these;
        struct codes_query *queries[CHOOSE_MAX];
        for (size_t i = 0; i < these; i++) {
            struct course *course = &desk->courses[n + i];
            wanted[i] = begin(job, course, from + n + i) ? wanted_leaves(job, desk, course->asked) : 0;
            if (wanted[i] > 0)
                queries[good++] = &course->query;
        }
        codes_values(job->ivf->leaf_codes, job->ivf->leaf_scales, whole, job->index->width, queries, good, desk->values, job->stride);
        good = 0;
        for (size_t i = 0; i < these && used + whole <= job->visits_max; i++, n++) {
            struct course *course = &desk->courses[n];
            if (wanted[i] == 0)
                continue;
            course->leaves = desk->leaves + used;
            course->visits = ivf_choose(&desk->chooser, desk->values + good++ * job->stride, course->asked, job->k, wanted[i], desk->leaves + used);
            used += course->visits;
        }
    }
    return n;
}

// Queries [0, n) by the leaves they visit, from their `from`-th to before their `to`-th.
static void sort_visits(const struct job *job, struct desk *desk, size_t n, size_t from, size_t to)
{
    uint32_t *first = desk->first;
    memset(first, 0, (job->ivf->n_leaves + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        for (size_t v = from; v < to && v < desk->courses[i].visits; v++)
            first[desk->courses[i].leaves[v] + 1]++;
    for (size_t l = 0; l < job->ivf->n_leaves; l++)
        first[l + 1] += first[l];
    for (size_t i = 0; i < n; i++)
        for (size_t v = from; v < to && v < desk->courses[i].visits; v++)
            desk->visitors[first[desk->courses[i].leaves[v]]++] = (uint32_t)i;
    memmove(first + 1, first, job->ivf->n_leaves * sizeof *first);
    first[0] = 0;
}

static void scan_leaf(const struct job *job, size_t leaf, struct codes_query *const *queries, size_t n)
{
    const struct ivf *ivf = job->ivf;
    size_t group = ivf->first[leaf], rows = ivf->sizes[leaf];
    while (rows > 0) {
        size_t run = blocks_run(&ivf->codes, group) * CODES_ROWS;
        run = run < rows ? run : rows;
        codes_scan(blocks_at(&ivf->codes, group), blocks_at(&ivf->code_scales, group), run, (uint32_t)(group * CODES_ROWS), job->index->width,
                   queries, n, take_slots, (void *)(uintptr_t)job);
        group += run / CODES_ROWS;
        rows -= run;
    }
}

static void fetch_leaf(const struct ivf *ivf, size_t leaf)
{
    size_t group = ivf->first[leaf], groups = (ivf->sizes[leaf] + CODES_ROWS - 1) / CODES_ROWS;
    for (size_t g = 0; g < groups && g < FETCH_GROUPS_MAX; g++) {
        const char *codes = blocks_at(&ivf->codes, group + g);
        for (size_t i = 0; i < ivf->codes.value_bytes; i += 64)
            __builtin_prefetch(codes + i);
        __builtin_prefetch(blocks_at(&ivf->code_scales, group + g));
    }
}

static void visit(const struct job *job, struct desk *desk, size_t n, size_t from, size_t to)
{
    sort_visits(job, desk, n, from, to);
    size_t leaf = 0, next, end = job->ivf->n_leaves;
    while (leaf < end && desk->first[leaf + 1] == desk->first[leaf])
        leaf++;
    for (; leaf < end; leaf = next) {
        for (next = leaf + 1; next < end && desk->first[next + 1] == desk->first[next];)
            next++;
        if (next < end)
            fetch_leaf(job->ivf, next);
        size_t visitors = desk->first[leaf + 1] - desk->first[leaf];
        for (size_t i = 0; i < visitors; i++)
            desk->queries[i] = &desk->courses[desk->visitors[desk->first[leaf] + i]].query;
        scan_leaf(job, leaf, desk->queries, visitors);
    }
}

// The leaves of one query, the nearest first. There is nothing to share or to sort, and what the processor fetches ahead by itself is as fast as
// memory goes.
static void visit_alone(const struct job *job, struct course *course)
{
    struct codes_query *query = &course->query;
    for (size_t v = 0; v < course->visits; v++)
        scan_leaf(job, course->leaves[v], &query, 1);
}

// Scores what was kept by its vectors, and keeps the best k of it.
static void score_kept(const struct job *job, struct course *course)
{
    struct best *best = &course->best;
    take_slots((void *)(uintptr_t)job, &course->query);
    best_cut(best, job->keep);
    size_t n = 0;
    for (size_t i = 0; i < best->n; i++)
        __builtin_prefetch(ivf_slot_row(job->ivf, best_hit(best->keys[i]).row));
    for (size_t i = 0; i < best->n; i++) {
        uint32_t row = *ivf_slot_row(job->ivf, best_hit(best->keys[i]).row);
        if (row >= job->index->rows)  // only in a damaged file
            continue;
        best->keys[n++] = row;
        fetch(job->index, row);
    }
    best->n = 0;
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)best->keys[i];
        float score = score_of(job, course->vector, row);
        if (score == score)
            best_take(best, score, row);
    }
    course->asked->n_hits = best_finish(best, job->k, course->asked->hits);
}

// Scores some rows by their vectors, fetched ahead.
static void score_these(const struct job *job, struct course *course, const uint32_t *rows, size_t n)
{
    struct best *best = &course->best;
    for (size_t i = 0; i < n; i++)
        fetch(job->index, rows[i]);
    for (size_t i = 0; i < n; i++) {
        float score = score_of(job, course->vector, rows[i]);
        if (score >= best->floor)
            best_take(best, score, rows[i]);
    }
    if (best->n > 2 * job->keep)
        best_cut(best, job->k);
}

// Scores every row that the query may have.
static void score_all(const struct job *job, struct course *course)
{
    const struct topk_query *asked = course->asked;
    size_t rows = job->index->rows;
    course->best.n = 0;
    course->best.floor = -INFINITY;
    uint32_t some[2 * 64];
    size_t n = 0;
    for (size_t first = 0; first < rows; first += 64) {
        uint64_t word = rows - first < 64 ? ((uint64_t)1 << (rows - first)) - 1 : UINT64_MAX;
        for (word &= asked->allowed != NULL ? asked->allowed[first / 64] : UINT64_MAX; word != 0; word &= word - 1) {
            uint32_t row = (uint32_t)(first + (size_t)__builtin_ctzll(word));
            if (asked->n_apart == 0 || !topk_is_apart(asked, row))
                some[n++] = row;
        }
        if (n >= 64) {
            score_these(job, course, some, n);
            n = 0;
        }
    }
    score_these(job, course, some, n);
    course->asked->n_hits = best_finish(&course->best, job->k, course->asked->hits);
}

// Whether there may be rows for the list that the leaves visited did not have.
static bool is_short(const struct job *job, struct desk *desk, const struct course *course)
{
    const struct topk_query *asked = course->asked;
    size_t allowed = job->index->rows;
    if (asked->n_hits >= job->k || course->visits == job->ivf->n_leaves)
        return false;
    if (asked->allowed != NULL)
        allowed = ivf_count_allowed(&desk->chooser, asked->allowed);
    for (size_t i = 0; i < asked->n_apart; i++)
        allowed -= topk_allows(asked, asked->apart[i]);
    return asked->n_hits < allowed;
}

static void one_task(void *context, size_t task, size_t worker)
{
    const struct job *job = context;
    struct desk *desk = &job->desks[worker];
    size_t from = task * job->share, to = job->n - from < job->share ? job->n : from + job->share;
    for (size_t n; from < to; from += n) {
        n = choose_leaves(job, desk, from, to);
        if (n == 1) {
            visit_alone(job, &desk->courses[0]);
        } else {
            visit(job, desk, n, 0, 1);
            visit(job, desk, n, 1, SIZE_MAX);
        }
        for (size_t i = 0; i < n; i++) {
            struct course *course = &desk->courses[i];
            if (course->visits > 0)
                score_kept(job, course);
            if (course->visits == 0 || is_short(job, desk, course))
                score_all(job, course);
        }
    }
}

static void report(const struct job *job, struct topk_query *query, const float *vector)
{
    for (size_t i = 0; i < query->n_asked; i++)
        query->asked_scores[i] = score_of(job, vector, query->asked[i]) + 0.0f;
    for (size_t i = 0; i < query->n_apart && query->apart_scores != NULL; i++)
        query->apart_scores[i] = topk_allows(query, query->apart[i]) ? score_of(job, vector, query->apart[i]) + 0.0f : NAN;
}

static void desk_new(const struct job *job, struct desk *desk, struct arena *scratch)
{
    size_t group = job->group, numbers = codes_query_numbers(job->index->width), waiting = ROOM + CODES_ROOM;
    size_t keys = 2 * job->keep + waiting + BEST_MORE;
    *desk = (struct desk){.chooser = ivf_chooser_new(job->index, scratch)};
    desk->courses = arena_array(scratch, group, sizeof *desk->courses);
    desk->queries = arena_array(scratch, group, sizeof *desk->queries);
    desk->leaves = arena_array(scratch, job->visits_max, sizeof *desk->leaves);
    desk->visitors = arena_array(scratch, job->visits_max, sizeof *desk->visitors);
    desk->first = arena_array(scratch, job->ivf->n_leaves + 1, sizeof *desk->first);
    desk->values = arena_array(scratch, CHOOSE_MAX * job->stride, sizeof *desk->values);
    int8_t *all_numbers = arena_array(scratch, group, numbers);
    uint32_t *rows = arena_array(scratch, group * waiting, sizeof *rows);
    float *values = arena_array(scratch, group * waiting, sizeof *values);
    uint64_t *all_keys = arena_array(scratch, group * keys, sizeof *all_keys);
    for (size_t i = 0; i < group; i++)
        desk->courses[i] = (struct course){
            .query = {.numbers = all_numbers + i * numbers, .rows = rows + i * waiting, .values = values + i * waiting, .room = ROOM},
            .best = {.keys = all_keys + i * keys},
        };
}

void ivf_search(const struct index *index, size_t leaves, double recall, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                struct pool *pool, struct arena *scratch)
{
    const struct ivf *ivf = index->state;
    if (n == 0)
        return;
    struct job job = {.index = index, .ivf = ivf, .vectors = vectors, .queries = queries, .n = n, .k = k < index->rows ? k : index->rows};
    job.recall = recall;
    job.by = metric_scoring(index);
    job.leaves = leaves < ivf->n_leaves ? leaves : ivf->n_leaves;
    job.keep = job.k + KEPT_MORE + (job.k / 8 + 1) * (1 + 64 / index->width);  // bytes of few numbers tell rows apart less well
    job.stride = (ivf->n_leaves + CODES_ROWS - 1) / CODES_ROWS * CODES_ROWS;
    size_t threads = pool_threads(pool), bytes = 2 * job.keep * sizeof(uint64_t) + (ROOM + CODES_ROOM) * 16 + sizeof(struct course);
    size_t fit = GROUP_BYTES_MAX / bytes;
    job.share = (n + threads - 1) / threads;
    job.group = fit < 1 ? 1 : fit < GROUP_MAX ? fit : GROUP_MAX;
    job.group = job.group < job.share ? job.group : job.share;
    job.visits_max = job.group < VISITS / ivf->n_leaves ? job.group * ivf->n_leaves : VISITS > ivf->n_leaves ? VISITS : ivf->n_leaves;
    job.desks = arena_array(scratch, threads, sizeof *job.desks);
    for (size_t i = 0; i < threads; i++)
        desk_new(&job, &job.desks[i], scratch);
    pool_run(pool, (n + job.share - 1) / job.share, one_task, &job);
    for (size_t i = 0; i < n; i++)
        report(&job, &queries[i], vectors + i * index->width);
}
