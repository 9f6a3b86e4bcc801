// Least significant digit first, 11 bits a digit: all six histograms are taken in one reading, then each digit that is
// not the same everywhere is one scatter from one copy to the other. 2048 open ends are what the cache bears.
#include "common/base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { DIGIT_BITS = 11, DIGITS = 6, BUCKETS = 1 << DIGIT_BITS };

static size_t digit_of(uint64_t key, size_t digit)
{
    return (key >> (digit * DIGIT_BITS)) & (BUCKETS - 1);
}

static void scatter(const uint64_t *keys, const uint32_t *values, size_t n, size_t digit, size_t *places, uint64_t *to_keys,
                    uint32_t *to_values)
{
    if (values == NULL) {
        for (size_t i = 0; i < n; i++)
            to_keys[places[digit_of(keys[i], digit)]++] = keys[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t place = places[digit_of(keys[i], digit)]++;
        to_keys[place] = keys[i];
        to_values[place] = values[i];
    }
}

// Turns counts into the place where each digit begins; false if all keys share one digit.
static bool begin_places(size_t *counts, size_t n)
{
    size_t place = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        size_t count = counts[i];
        if (count == n)
            return false;
        counts[i] = place;
        place += count;
    }
    return true;
}

void sort_keys(uint64_t *keys, uint32_t *values, size_t n)
{
    if (n < 2)
        return;
    size_t (*counts)[BUCKETS] = memory_zeros(DIGITS, sizeof *counts);
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIGITS; d++)
            counts[d][digit_of(keys[i], d)]++;

    uint64_t *from = keys, *to = memory_aligned(n, sizeof *to), *second = to;
    uint32_t *from_values = values, *to_values = values != NULL ? memory_aligned(n, sizeof *to_values) : NULL, *second_values = to_values;
    for (size_t d = 0; d < DIGITS; d++) {
        if (!begin_places(counts[d], n))
            continue;
        scatter(from, from_values, n, d, counts[d], to, to_values);
        uint64_t *swap = from;
        from = to;
        to = swap;
        uint32_t *swap_values = from_values;
        from_values = to_values;
        to_values = swap_values;
    }
    if (from != keys) {
        memcpy(keys, from, n * sizeof *keys);
        if (values != NULL)
            memcpy(values, from_values, n * sizeof *values);
    }
    free(counts);
    free(second);
    free(second_values);
}
