// last: of each query's rows the latest are test, those before them valid; the first always stays to be trained on.
//
// One pass notes the latest rows of each query, as many as may be held back; the next compares each row with them. So memory grows
// with the queries, not with the rows.
#include <string.h>

#include "common/base/map.h"
#include "common/model/split.h"

// A row's place in the order of time, and among equal times of rows.
struct moment {
    uint64_t time, row;
};

struct last {
    const struct config *config;
    const char *column;
    size_t test, width;       // rows held back: as test, and in all
    struct map *queries;
    struct moment *recent;    // (queries, width) latest first
    size_t *counts;           // (queries) rows
    size_t recent_capacity, counts_capacity;
    size_t placed;            // rows placed so far: the number of the next
};

static void *last_make(const struct config *config)
{
    call_known(&config->split, "test, valid", 0);
    split_check(&config->split);
    struct last *last = memory_zeros(1, sizeof *last);
    last->config = config;
    last->test = call_count(&config->split, "test", 0, 0, 1000000);
    last->width = last->test + call_count(&config->split, "valid", 0, 0, 1000000);
    last->column = split_time_column(config);
    last->queries = map_new();
    return last;
}

static bool later(struct moment a, struct moment b)
{
    return a.time != b.time ? a.time > b.time : a.row > b.row;
}

static size_t query_of(struct last *last, struct text key)
{
    size_t before = map_size(last->queries), query = map_add(last->queries, key.data, key.length);
    if (query == before) {
        last->counts = memory_grow(last->counts, &last->counts_capacity, query + 1, sizeof *last->counts);
        last->recent = memory_grow(last->recent, &last->recent_capacity, (query + 1) * last->width, sizeof *last->recent);
        last->counts[query] = 0;
    }
    return query;
}

// Puts the moment in its place among the latest of its query, if it is one of them.
static void note(struct last *last, size_t query, struct moment moment)
{
    struct moment *recent = last->recent + query * last->width;
    size_t at = last->counts[query]++;
    if (at >= last->width)
        at = last->width;
    for (; at > 0 && later(moment, recent[at - 1]); at--)
        if (at < last->width)
            recent[at] = recent[at - 1];
    if (at < last->width)
        recent[at] = moment;
}

static void last_learn(void *state, struct spool *rows)
{
    struct last *last = state;
    struct arena arena = {0};
    struct frame frame;
    uint64_t row = 0;
    spool_rewind(rows);
    while (spool_next(rows, &frame)) {
        arena_reset(&arena);
        const int64_t *times = frame_column(&frame, last->column, "i64")->values;
        const struct cells *keys = frame_texts(&frame, last->config->query.column, &arena);
        for (size_t i = 0; i < frame.rows; i++)
            note(last, query_of(last, cells_text(keys, i)), (struct moment){split_time_key(times[i]), row++});
    }
    arena_free(&arena);
}

static void last_place(void *state, const struct frame *frame, uint8_t *parts, struct arena *arena)
{
    struct last *last = state;
    const int64_t *times = frame_column(frame, last->column, "i64")->values;
    const struct cells *keys = frame_texts(frame, last->config->query.column, arena);
    for (size_t i = 0; i < frame->rows; i++) {
        size_t query = query_of(last, cells_text(keys, i)), others = last->counts[query] - 1;
        size_t test = others < last->test ? others : last->test, all = others < last->width ? others : last->width;
        const struct moment *recent = last->recent + query * last->width;
        struct moment moment = {split_time_key(times[i]), last->placed++};
        bool is_test = test > 0 && !later(recent[test - 1], moment), is_held = all > 0 && !later(recent[all - 1], moment);
        parts[i] = is_test ? SPLIT_TEST : is_held ? SPLIT_VALID : SPLIT_TRAIN;
    }
}

const struct split_kind split_last = {
    .name = "last",
    .arguments = "test=0, valid=0",
    .help = "so many rows of each query, the latest; its first row always stays",
    .make = last_make,
    .learn = last_learn,
    .place = last_place,
};
