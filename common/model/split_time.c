// time: the latest rows are test, those before them valid.
//
// A cut is the row of some rank in (time, number) order. It is found by its time's bits, 16 a pass through the rows, as a radix
// sort would but without sorting: the memory is one histogram, whatever the number of rows. Of the rows that have just the time
// of the cut the first `ties` lie before it.
#include <stdlib.h>
#include <string.h>

#include "common/model/split.h"

struct cut {
    uint64_t time;
    size_t ties, passed;  // passed: rows of just this time placed so far
};

struct by_time {
    const char *column;
    struct split_shares shares;
    struct cut valid, test;  // where each part begins
};

static void *time_make(const struct config *config)
{
    call_known(&config->split, "test, valid", 0);
    struct by_time *by_time = memory_zeros(1, sizeof *by_time);
    by_time->shares = split_shares(&config->split);
    by_time->column = split_time_column(config);
    return by_time;
}

static struct cut find_cut(struct spool *rows, const char *column, size_t rank)
{
    enum { BITS = 16, BUCKETS = 1 << BITS };
    size_t *counts = memory_resize(NULL, BUCKETS, sizeof *counts);
    uint64_t prefix = 0;
    for (int shift = 64 - BITS; shift >= 0; shift -= BITS) {
        memset(counts, 0, BUCKETS * sizeof *counts);
        struct frame frame;
        spool_rewind(rows);
        while (spool_next(rows, &frame)) {
            const int64_t *times = frame_column(&frame, column, "i64")->values;
            for (size_t i = 0; i < frame.rows; i++) {
                uint64_t high = split_time_key(times[i]) >> shift;
                counts[high % BUCKETS] += high / BUCKETS == prefix;
            }
        }
        size_t bucket = 0;
        while (bucket < BUCKETS - 1 && rank >= counts[bucket])
            rank -= counts[bucket++];
        prefix = prefix << BITS | bucket;
    }
    free(counts);
    return (struct cut){.time = prefix, .ties = rank};
}

static void time_learn(void *state, struct spool *rows)
{
    struct by_time *by_time = state;
    size_t n = spool_rows(rows);
    size_t test = (size_t)((double)n * by_time->shares.test + 0.5), valid = (size_t)((double)n * by_time->shares.valid + 0.5);
    by_time->test = find_cut(rows, by_time->column, n - test);
    by_time->valid = valid == 0 ? by_time->test : find_cut(rows, by_time->column, n - test - valid);
}

static bool behind(uint64_t time, struct cut *cut)
{
    return time == cut->time ? cut->passed++ >= cut->ties : time > cut->time;
}

static void time_place(void *state, const struct frame *frame, uint8_t *parts, struct arena *arena)
{
    (void)arena;
    struct by_time *by_time = state;
    const int64_t *times = frame_column(frame, by_time->column, "i64")->values;
    for (size_t i = 0; i < frame->rows; i++) {
        uint64_t time = split_time_key(times[i]);
        bool test = behind(time, &by_time->test), valid = behind(time, &by_time->valid);
        parts[i] = test ? SPLIT_TEST : valid ? SPLIT_VALID : SPLIT_TRAIN;
    }
}

const struct split_kind split_time = {
    .name = "time",
    .arguments = "test=0, valid=0",
    .help = "shares of all rows, the latest",
    .make = time_make,
    .learn = time_learn,
    .place = time_place,
};
