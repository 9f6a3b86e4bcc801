#include "common/index/rankings.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/stream/spool.h"

// A place in a spool of rows that are read one after the other.
struct cursor {
    struct spool *spool;
    struct frame frame;
    size_t first, next;               // row number of the frame's first row, of the row after the frame
};

struct rankings {
    const char *candidates_table, *weight_column, *source;
    struct arena lasting;
    const char *table;                // the truth's name; NULL: none yet
    uint32_t *ranking, *query_of, *candidate;  // (n) the truth; sorted by ranking once ready
    float *score, *weight;
    size_t n, capacity[5];
    size_t *begins;                   // (n_rankings + 1) where each ranking's truth begins
    uint32_t *counts;                 // (n_candidates)
    size_t n_candidates, counts_capacity;
    bool candidates_came, seen_came, rankings_came, checked;
    struct cursor seen, lists;
    size_t at;                        // the next ranking
    int64_t query;                    // the last one's
    uint32_t *marks;                  // (n_candidates) the last ranking + 1 that a candidate was in
    float *listed;                    // (n_candidates) its score there
};

struct rankings *rankings_new(const char *candidates, const char *weight, size_t memory_bytes)
{
    struct rankings *r = memory_zeros(1, sizeof *r);
    r->candidates_table = arena_text(&r->lasting, candidates, strlen(candidates));
    r->weight_column = weight != NULL ? arena_text(&r->lasting, weight, strlen(weight)) : NULL;
    r->seen.spool = spool_new(memory_bytes);
    r->lists.spool = spool_new(memory_bytes);
    return r;
}

static void take_counts(struct rankings *r, const struct frame *frame)
{
    const uint32_t *counts = frame_column(frame, "count", "u32")->values;
    r->counts = memory_grow(r->counts, &r->counts_capacity, r->n_candidates + frame->rows, sizeof *r->counts);
    if (frame->rows > 0)
        memcpy(r->counts + r->n_candidates, counts, frame->rows * sizeof *counts);
    r->n_candidates += frame->rows;
    r->candidates_came = true;
}

static void take_weights(struct rankings *r, const struct frame *frame)
{
    struct arena arena = {0};
    const double *weights = frame_numbers(frame, r->weight_column, &arena);
    r->weight = memory_grow(r->weight, &r->capacity[3], r->n + frame->rows, sizeof *r->weight);
    for (size_t i = 0; i < frame->rows; i++) {
        if (!(weights[i] >= 0 && weights[i] <= 1e30))
            die(EXIT_INPUT, "%s: column %s: row %zu: %g is no weight", frame->place, quoted_text(r->weight_column), i, weights[i]);
        r->weight[r->n + i] = (float)weights[i];
    }
    arena_free(&arena);
}

static void take_truth(struct rankings *r, const struct frame *frame)
{
    if (r->table != NULL && !is_table(frame, r->table))
        die(EXIT_INPUT, "%s: tables %s and %s both have a column \"ranking\"", frame->place, quoted_text(r->table),
            quoted_text(frame->schema->table));
    if (r->table == NULL)
        r->table = arena_text(&r->lasting, frame->schema->table, strlen(frame->schema->table));
    const uint32_t *ranking = frame_column(frame, "ranking", "u32")->values, *candidate = frame_column(frame, "candidate", "u32")->values,
                   *query = frame_column(frame, "query", "u32")->values;
    const float *score = frame_column(frame, "score", "f32")->values;
    if (frame->rows == 0)
        return;
    if (r->weight_column != NULL)
        take_weights(r, frame);
    size_t n = r->n + frame->rows;
    r->ranking = memory_grow(r->ranking, &r->capacity[0], n, sizeof *r->ranking);
    r->candidate = memory_grow(r->candidate, &r->capacity[1], n, sizeof *r->candidate);
    r->score = memory_grow(r->score, &r->capacity[2], n, sizeof *r->score);
    r->query_of = memory_grow(r->query_of, &r->capacity[4], n, sizeof *r->query_of);
    memcpy(r->query_of + r->n, query, frame->rows * sizeof *query);
    memcpy(r->ranking + r->n, ranking, frame->rows * sizeof *ranking);
    memcpy(r->candidate + r->n, candidate, frame->rows * sizeof *candidate);
    memcpy(r->score + r->n, score, frame->rows * sizeof *score);
    r->n = n;
}

static void check_columns(const struct frame *frame, const char *const (*columns)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        frame_column(frame, columns[i][0], columns[i][1]);
}

void rankings_take(struct rankings *r, const struct frame *frame)
{
    static const char *const seen_columns[][2] = {{"candidates", "u32*"}},
                      *const list_columns[][2] = {{"query", "u32"}, {"candidates", "u32*"}, {"scores", "f32*"}};
    if (is_table(frame, "seen")) {
        check_columns(frame, seen_columns, 1);
        spool_put(r->seen.spool, frame);
        r->seen_came = true;
    } else if (is_table(frame, "rankings")) {
        check_columns(frame, list_columns, 3);
        spool_put(r->lists.spool, frame);
        r->rankings_came = true;
    } else if (is_table(frame, r->candidates_table)) {
        take_counts(r, frame);
    } else if (schema_find(frame->schema, "ranking") != SIZE_MAX && schema_find(frame->schema, "score") != SIZE_MAX) {
        take_truth(r, frame);
    }
}

static void check_truth(const struct rankings *r, const char *source)
{
    size_t n_rankings = spool_rows(r->lists.spool);
    if (!r->rankings_came || r->table == NULL)
        die(EXIT_INPUT, "%s: no %s: pipe the stream through 'rank' first", source,
            r->rankings_came ? "table with the columns \"ranking\" and \"score\"" : "table \"rankings\"");
    if (!r->candidates_came)
        die(EXIT_INPUT, "%s: no table %s of candidates", source, quoted_text(r->candidates_table));
    if (!r->seen_came)
        die(EXIT_INPUT, "%s: no table \"seen\"", source);
    for (size_t i = 0; i < r->n; i++) {
        bool bad = r->ranking[i] >= n_rankings;
        if (bad || r->candidate[i] >= r->n_candidates)
            die(EXIT_INPUT, "%s: table %s: row %zu: %s %u, but there are %zu", source, quoted_text(r->table), i,
                bad ? "ranking" : "candidate", bad ? r->ranking[i] : r->candidate[i], bad ? n_rankings : r->n_candidates);
    }
}

// Counting sort, so the rows of a ranking keep their order.
static void sort_truth(struct rankings *r)
{
    size_t n_rankings = spool_rows(r->lists.spool);
    size_t *begins = memory_zeros(n_rankings + 2, sizeof *begins);
    for (size_t i = 0; i < r->n; i++)
        begins[r->ranking[i] + 2]++;
    for (size_t i = 2; i < n_rankings + 2; i++)
        begins[i] += begins[i - 1];
    uint32_t *candidate = memory_zeros(r->n, sizeof *candidate), *query = memory_zeros(r->n, sizeof *query);
    float *score = memory_zeros(r->n, sizeof *score), *weight = r->weight != NULL ? memory_zeros(r->n, sizeof *weight) : NULL;
    for (size_t i = 0; i < r->n; i++) {
        size_t to = begins[r->ranking[i] + 1]++;
        candidate[to] = r->candidate[i];
        query[to] = r->query_of[i];
        score[to] = r->score[i];
        if (weight != NULL)
            weight[to] = r->weight[i];
    }
    free(r->candidate);
    free(r->query_of);
    free(r->score);
    free(r->weight);
    free(r->ranking);
    r->candidate = candidate;
    r->query_of = query;
    r->score = score;
    r->weight = weight;
    r->ranking = NULL;
    r->begins = begins;
}

void rankings_ready(struct rankings *r, const char *source)
{
    r->source = source;
    check_truth(r, source);
    sort_truth(r);
    r->marks = memory_zeros(r->n_candidates, sizeof *r->marks);
    r->listed = memory_zeros(r->n_candidates, sizeof *r->listed);
    rankings_rewind(r);
}

void rankings_rewind(struct rankings *r)
{
    r->at = 0;
    r->query = -1;
    if (!r->checked && r->n_candidates > 0)  // of a pass that was not finished
        memset(r->marks, 0, r->n_candidates * sizeof *r->marks);
    for (int i = 0; i < 2; i++) {
        struct cursor *cursor = i == 0 ? &r->seen : &r->lists;
        spool_rewind(cursor->spool);
        cursor->first = cursor->next = 0;
    }
}

// The place of a row in the cursor's frame, which is moved on until it has the row.
static size_t move_to(struct cursor *cursor, size_t row)
{
    while (row >= cursor->next) {
        bool more = spool_next(cursor->spool, &cursor->frame);
        assert(more);
        cursor->first = cursor->next;
        cursor->next += cursor->frame.rows;
    }
    return row - cursor->first;
}

// The truth that a list answers is of its query, and has the scores of the list.
static void check_answered(const struct rankings *r, const struct ranking *list)
{
    const uint32_t *queries = r->query_of + r->begins[r->at];
    for (size_t i = 0; i < list->n_truth; i++) {
        uint32_t candidate = list->truth[i];
        if (queries[i] != r->query)
            die(EXIT_INPUT, "%s: table %s: a row of query %u is answered by ranking %zu, which is of query %lld", r->source,
                quoted_text(r->table), queries[i], r->at, (long long)r->query);
        if (r->marks[candidate] == r->at + 1 && r->listed[candidate] != list->truth_scores[i])
            die(EXIT_INPUT, "%s: table %s: candidate %u has the score %.9g, but in ranking %zu it has %.9g", r->source, quoted_text(r->table),
                candidate, (double)list->truth_scores[i], r->at, (double)r->listed[candidate]);
    }
}

static void check_list(struct rankings *r, const struct ranking *list, size_t n_scores)
{
    if (n_scores != list->n)
        die(EXIT_INPUT, "%s: ranking %zu: %zu candidates, but %zu scores", r->source, r->at, list->n, n_scores);
    for (size_t i = 0; i < list->n; i++) {
        uint32_t candidate = list->candidates[i];
        if (candidate >= r->n_candidates)
            die(EXIT_INPUT, "%s: ranking %zu: candidate %u, but there are %zu", r->source, r->at, candidate, r->n_candidates);
        if (r->marks[candidate] == r->at + 1)
            die(EXIT_INPUT, "%s: ranking %zu: candidate %u comes twice", r->source, r->at, candidate);
        if (isnan(list->scores[i]) || (i > 0 && list->scores[i] > list->scores[i - 1]))
            die(EXIT_INPUT, "%s: ranking %zu: place %zu: score %g does not fall", r->source, r->at, i, (double)list->scores[i]);
        r->marks[candidate] = (uint32_t)r->at + 1;
        r->listed[candidate] = list->scores[i];
    }
    check_answered(r, list);
    for (size_t i = 0; i < list->n_seen; i++)
        if (list->seen[i] >= r->n_candidates)
            die(EXIT_INPUT, "%s: table \"seen\": row %lld: candidate %u, but there are %zu", r->source, (long long)r->query, list->seen[i],
                r->n_candidates);
}

bool rankings_next(struct rankings *r, struct ranking *out)
{
    if (r->at == spool_rows(r->lists.spool)) {
        r->checked = true;
        return false;
    }
    size_t row = move_to(&r->lists, r->at);
    uint32_t query = ((const uint32_t *)frame_column(&r->lists.frame, "query", "u32")->values)[row];
    const struct cells *candidates = frame_column(&r->lists.frame, "candidates", "u32*"),
                       *scores = frame_column(&r->lists.frame, "scores", "f32*");
    if (query >= spool_rows(r->seen.spool) || (int64_t)query < r->query)
        die(EXIT_INPUT, "%s: ranking %zu: query %u %s", r->source, r->at, query,
            (int64_t)query < r->query ? "is below the one before it" : "has no row in table \"seen\"");
    r->query = query;
    size_t seen_row = move_to(&r->seen, query);
    const struct cells *seen = frame_column(&r->seen.frame, "candidates", "u32*");
    size_t begin = r->begins[r->at];
    *out = (struct ranking){
        .query = query,
        .candidates = (const uint32_t *)candidates->values + candidates->lists[row],
        .scores = (const float *)scores->values + scores->lists[row],
        .n = candidates->lists[row + 1] - candidates->lists[row],
        .seen = (const uint32_t *)seen->values + seen->lists[seen_row],
        .n_seen = seen->lists[seen_row + 1] - seen->lists[seen_row],
        .truth = r->candidate + begin,
        .truth_scores = r->score + begin,
        .truth_weights = r->weight != NULL ? r->weight + begin : NULL,
        .n_truth = r->begins[r->at + 1] - begin,
    };
    if (!r->checked)
        check_list(r, out, scores->lists[row + 1] - scores->lists[row]);
    r->at++;
    return true;
}

const char *rankings_table(const struct rankings *r)
{
    return r->table;
}

size_t rankings_truth_rows(const struct rankings *r)
{
    return r->n;
}

size_t rankings_count(const struct rankings *r)
{
    return spool_rows(r->lists.spool);
}

const uint32_t *rankings_counts(const struct rankings *r, size_t *n_candidates)
{
    *n_candidates = r->n_candidates;
    return r->counts;
}
