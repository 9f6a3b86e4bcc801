// last: of each query's rows the latest are test, those before them valid; the first always stays to be trained on.
//
// One pass notes the latest rows of each query, at most twice as many as may be held back: when there are more, they are sorted, and the
// earlier half is forgotten. The next pass compares each row with the latest. So memory grows with the queries, not with the rows,
// and never beyond the rows however many may be held back.
#include <stdlib.h>

#include "common/base/map.h"
#include "common/model/split.h"

// A row's place in the order of time, and among equal times of rows.
struct moment {
    uint64_t time, row;
};

// Of one query.
struct latest {
    struct moment *moments;   // (n) the latest and perhaps earlier ones; latest first once all rows came
    size_t n, rows;
};

struct last {
    const struct config *config;
    const char *column;
    size_t test, width;       // rows held back: as test, and in all
    struct map *queries;
    struct latest *latest;    // (queries)
    size_t capacity;
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

// Whether a comes after b.
static bool later(struct moment a, struct moment b)
{
    return a.time != b.time ? a.time > b.time : a.row > b.row;
}

static int latest_first(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    return later(*y, *x) - later(*x, *y);
}

static struct latest *latest_of(struct last *last, struct text key)
{
    size_t before = map_size(last->queries), query = map_add(last->queries, key.data, key.length);
    if (query == before) {
        last->latest = memory_grow(last->latest, &last->capacity, query + 1, sizeof *last->latest);
        last->latest[query] = (struct latest){0};
    }
    return &last->latest[query];
}

static void note(const struct last *last, struct latest *latest, struct moment moment)
{
    latest->rows++;
    if (last->width == 0)
        return;
    if (latest->n == 2 * last->width) {
        qsort(latest->moments, latest->n, sizeof *latest->moments, latest_first);
        latest->n = last->width;
    }
    if ((latest->n & (latest->n - 1)) == 0)  // full: there is room for a power of two
        latest->moments = memory_resize(latest->moments, latest->n == 0 ? 1 : 2 * latest->n, sizeof *latest->moments);
    latest->moments[latest->n++] = moment;
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
            note(last, latest_of(last, cells_text(keys, i)), (struct moment){split_time_key(times[i]), row++});
    }
    for (size_t i = 0; i < map_size(last->queries); i++)
        if (last->latest[i].n > 0)
            qsort(last->latest[i].moments, last->latest[i].n, sizeof(struct moment), latest_first);
    arena_free(&arena);
}

static void last_place(void *state, const struct frame *frame, uint8_t *parts, struct arena *arena)
{
    struct last *last = state;
    const int64_t *times = frame_column(frame, last->column, "i64")->values;
    const struct cells *keys = frame_texts(frame, last->config->query.column, arena);
    for (size_t i = 0; i < frame->rows; i++) {
        const struct latest *latest = latest_of(last, cells_text(keys, i));
        const struct moment *recent = latest->moments;
        size_t others = latest->rows - 1;
        size_t test = others < last->test ? others : last->test, all = others < last->width ? others : last->width;
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
