#include "common/index/allowed.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/map.h"
#include "common/index/filter.h"
#include "common/text/line_reader.h"

uint64_t *allowed_all(size_t rows, struct arena *arena)
{
    uint64_t *allowed = arena_zeros(arena, rows / 64 + 1, sizeof *allowed);
    for (size_t row = 0; row < rows; row++)
        allowed[row / 64] |= (uint64_t)1 << row % 64;
    return allowed;
}

void allowed_filter(uint64_t *allowed, const struct held *candidates, const char *condition)
{
    struct bytes fault = {0};
    struct filter *filter = filter_new(condition, held_schema(candidates), &fault);
    if (filter == NULL)
        die(EXIT_USAGE, "--filter: %s", fault.data);
    filter_apply(filter, candidates, allowed);
    filter_free(filter);
}

static struct map *read_keys(const char *path)
{
    struct map *keys = map_new();
    struct line_reader *lines = line_reader_open(source_open(path, false));
    struct line line;
    while (line_reader_next(lines, &line)) {
        if (line.too_long)
            die(EXIT_INPUT, "%s: line %zu: longer than %d bytes", path, line.number, ROW_BYTES_MAX);
        map_add(keys, line.data, line.length);
    }
    line_reader_close(lines);
    return keys;
}

void allowed_keys(uint64_t *allowed, const struct held *candidates, const char *key, const char *path, bool only)
{
    struct map *keys = read_keys(path);
    struct arena arena = {0};
    bool *found = memory_zeros(map_size(keys) + 1, sizeof *found);
    size_t n, row = 0, missing = 0;
    const struct frame *frames = held_frames(candidates, &n);
    for (size_t f = 0; f < n; f++) {
        const struct cells *texts = frame_texts(&frames[f], key, &arena);
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            struct text text = cells_text(texts, i);
            uint32_t number;
            bool listed = map_find(keys, text.data, text.length, &number);
            if (listed)
                found[number] = true;
            if (listed != only)
                allowed[row / 64] &= ~((uint64_t)1 << row % 64);
        }
        arena_reset(&arena);
    }
    for (size_t i = 0; i < map_size(keys); i++)
        missing += !found[i];
    if (missing > 0)
        warn("%s: %zu of %zu keys are of no candidate", path, missing, map_size(keys));
    arena_free(&arena);
    free(found);
    map_free(keys);
}
