// Most significant digit first, from one copy to the other and back: n keys are dealt out by the highest bits in which they differ,
// into about n / 4 buckets but at most 2048 (as many open ends as caches bear), each bucket then by its own differing bits, until
// a few are left for insertion. Evenly spread keys need two rounds for a million, and after the first all happens in the cache;
// least significant first would take six rounds through memory.
#include "common/base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { DIGIT_BITS_MAX = 11, INSERTION_MAX = 24 };

// One of the two copies; values may be NULL.
struct copy {
    uint64_t *keys;
    uint32_t *values;
};

static struct copy copy_from(struct copy copy, size_t first)
{
    return (struct copy){copy.keys + first, copy.values != NULL ? copy.values + first : NULL};
}

static void insert(struct copy in, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = in.keys[i];
        uint32_t value = in.values != NULL ? in.values[i] : 0;
        size_t at = i;
        for (; at > 0 && in.keys[at - 1] > key; at--) {
            in.keys[at] = in.keys[at - 1];
            if (in.values != NULL)
                in.values[at] = in.values[at - 1];
        }
        in.keys[at] = key;
        if (in.values != NULL)
            in.values[at] = value;
    }
}

static void move(struct copy from, struct copy to, size_t n)
{
    memcpy(to.keys, from.keys, n * sizeof *to.keys);
    if (from.values != NULL)
        memcpy(to.values, from.values, n * sizeof *to.values);
}

// Deals out by the bits from `shift` on; ends[d] becomes the end of bucket d.
static void scatter(struct copy from, struct copy to, size_t n, int shift, uint64_t mask, size_t *ends)
{
    memset(ends, 0, (mask + 1) * sizeof *ends);
    for (size_t i = 0; i < n; i++)
        ends[(from.keys[i] >> shift) & mask]++;
    for (size_t d = 0, place = 0; d <= mask; d++) {
        size_t count = ends[d];
        ends[d] = place;
        place += count;
    }
    if (from.values == NULL) {
        for (size_t i = 0; i < n; i++)
            to.keys[ends[(from.keys[i] >> shift) & mask]++] = from.keys[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t place = ends[(from.keys[i] >> shift) & mask]++;
        to.keys[place] = from.keys[i];
        to.values[place] = from.values[i];
    }
}

// Sorts `from`, into `to` if asked, else in place; overwrites both. Recurs at most 64 deep: each round settles one bit at least.
static void sort_part(struct copy from, struct copy to, size_t n, bool into_to)
{
    uint64_t differing = 0;
    for (size_t i = 1; i < n && n > INSERTION_MAX; i++)
        differing |= from.keys[i] ^ from.keys[0];
    if (differing == 0) {
        if (n <= INSERTION_MAX)
            insert(from, n);
        if (into_to)
            move(from, to, n);
        return;
    }
    int high = 64 - __builtin_clzll(differing), bits = 61 - __builtin_clzll(n);
    bits = bits > DIGIT_BITS_MAX ? DIGIT_BITS_MAX : bits;
    int shift = high > bits ? high - bits : 0;
    uint64_t mask = ((uint64_t)1 << (high - shift)) - 1;
    size_t ends[1 << DIGIT_BITS_MAX];
    scatter(from, to, n, shift, mask, ends);
    for (size_t d = 0, first = 0; d <= mask; first = ends[d++])
        if (ends[d] > first)
            sort_part(copy_from(to, first), copy_from(from, first), ends[d] - first, !into_to);
}

void sort_keys(uint64_t *keys, uint32_t *values, size_t n)
{
    if (n < 2)
        return;
    struct copy given = {keys, values};
    struct copy second = {memory_aligned(n, sizeof *keys), values != NULL ? memory_aligned(n, sizeof *values) : NULL};
    sort_part(given, second, n, false);
    free(second.keys);
    free(second.values);
}
