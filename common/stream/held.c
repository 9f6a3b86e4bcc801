#include "common/stream/held.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/builder.h"

struct held {
    struct arena arena;
    const struct schema *schema;
    struct frame *frames;     // (n)
    size_t *ends;             // (n) rows up to the end of the frame
    struct gather **copies;   // (n_copies)
    size_t n, frames_capacity, ends_capacity, n_copies, copies_capacity;
    bool last_is_copy;
    struct gather *selected;
    struct arena selecting;
};

struct held *held_new(void)
{
    return memory_zeros(1, sizeof(struct held));
}

// Joins the frame to the last copy, if both are small: a copy each would cost 64 KiB a row where every row is a frame.
static bool join(struct held *held, const struct frame *frame)
{
    enum { JOINED_BYTES_MAX = 1 << 20 };
    if (!held->last_is_copy)
        return false;
    struct frame *last = &held->frames[held->n - 1];
    if (frame_bytes(last) + frame_bytes(frame) > JOINED_BYTES_MAX)
        return false;
    struct gather *copy = held->copies[held->n_copies - 1];
    const char *place = last->place;
    gather_add(copy, frame);
    *last = *gather_frame(copy);
    last->place = place;
    held->ends[held->n - 1] += frame->rows;
    return true;
}

void held_add(struct held *held, const struct frame *frame, bool lasts)
{
    if (held->schema == NULL)
        held->schema = schema_copy(&held->arena, frame->schema);
    if (frame->rows == 0)
        return;
    if (!lasts && join(held, frame))
        return;
    held->last_is_copy = !lasts;
    struct frame kept = *frame;
    if (!lasts) {
        struct gather *copy = gather_new();
        gather_add(copy, frame);
        kept = *gather_frame(copy);
        held->copies = memory_grow(held->copies, &held->copies_capacity, held->n_copies + 1, sizeof *held->copies);
        held->copies[held->n_copies++] = copy;
    }
    if (frame->place != NULL)
        kept.place = arena_text(&held->arena, frame->place, strlen(frame->place));
    held->frames = memory_grow(held->frames, &held->frames_capacity, held->n + 1, sizeof *held->frames);
    held->ends = memory_grow(held->ends, &held->ends_capacity, held->n + 1, sizeof *held->ends);
    held->ends[held->n] = held_rows(held) + kept.rows;
    held->frames[held->n++] = kept;
}

size_t held_rows(const struct held *held)
{
    return held->n == 0 ? 0 : held->ends[held->n - 1];
}

const struct schema *held_schema(const struct held *held)
{
    return held->schema;
}

const struct frame *held_frames(const struct held *held, size_t *n)
{
    *n = held->n;
    return held->frames;
}

// The place of the frame that has this row.
static size_t place_of(const struct held *held, size_t row)
{
    assert(row < held_rows(held));
    size_t low = 0, high = held->n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (held->ends[middle] <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct frame *held_find(const struct held *held, size_t *row)
{
    size_t place = place_of(held, *row);
    *row -= held->ends[place] - held->frames[place].rows;
    return &held->frames[place];
}

const struct frame *held_select(struct held *held, const uint32_t *rows, size_t n)
{
    gather_free(held->selected);
    held->selected = gather_new();
    arena_reset(&held->selecting);
    uint32_t *local = arena_array(&held->selecting, n, sizeof *local);
    for (size_t at = 0; at < n;) {
        size_t place = place_of(held, rows[at]), first = held->ends[place] - held->frames[place].rows, m = 0;
        for (; at < n && rows[at] >= first && rows[at] < held->ends[place]; at++)
            local[m++] = (uint32_t)(rows[at] - first);
        struct frame part = frame_select(&held->frames[place], local, m, &held->selecting);
        gather_add(held->selected, &part);
    }
    return gather_frame(held->selected);
}

void held_free(struct held *held)
{
    if (held == NULL)
        return;
    for (size_t i = 0; i < held->n_copies; i++)
        gather_free(held->copies[i]);
    gather_free(held->selected);
    free(held->copies);
    free(held->frames);
    free(held->ends);
    arena_free(&held->selecting);
    arena_free(&held->arena);
    free(held);
}
