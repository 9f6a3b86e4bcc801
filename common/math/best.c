#include "common/math/best.h"

#include <math.h>

#include "common/math/keys.h"
#include "common/math/simd.h"

enum { SCAN = BEST_MORE, HALVINGS = 16 };

void best_cut(struct best *best, size_t k)
{
    if (best->n < k || k == 0)
        return;
    keys_keep(best->keys, best->n, k);
    best->n = k;
    best->floor = best_hit(best->keys[k - 1]).score;
}

void best_merge(struct best *best, struct best *from, size_t k)
{
    best_cut(best, k);
    best_cut(from, k);
    memcpy(best->keys + best->n, from->keys, from->n * sizeof *from->keys);
    best->n += from->n;
    best_cut(best, k);
}

size_t best_finish(struct best *best, size_t k, struct topk_hit *hits)
{
    best_cut(best, k);
    keys_sort(best->keys, best->n);
    for (size_t i = 0; i < best->n; i++)
        hits[i] = best_hit(best->keys[i]);
    return best->n;
}

// The first SCAN scores from `at` on of which one is not below the floor; if there are none, where fewer than SCAN are left.
MULTI_ARCH static size_t best_scan(const float *restrict scores, size_t at, size_t n, float floor)
{
    for (; at + SCAN <= n; at += SCAN) {
        int any = 0;
        for (size_t j = 0; j < SCAN; j++)
            any |= scores[at + j] >= floor;
        if (any)
            return at;
    }
    return at;
}

// Which of SCAN scores are not below the floor.
MULTI_ARCH static void best_compare(const float *restrict scores, float floor, unsigned char *restrict flags)
{
    for (size_t j = 0; j < SCAN; j++)
        flags[j] = scores[j] >= floor;
}

MULTI_ARCH static size_t best_count_from(const float *restrict scores, size_t n, float floor)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += scores[i] >= floor;
    return count;
}

// The lowest and the highest of the scores that are numbers.
MULTI_ARCH static void best_range_of(const float *restrict scores, size_t n, float *low, float *high)
{
    float lows[LANES], highs[LANES];
    for (size_t j = 0; j < LANES; j++) {
        lows[j] = INFINITY;
        highs[j] = -INFINITY;
    }
    for (size_t i = 0; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            lows[j] = scores[i + j] < lows[j] ? scores[i + j] : lows[j];
            highs[j] = scores[i + j] > highs[j] ? scores[i + j] : highs[j];
        }
    *low = lows[0];
    *high = highs[0];
    for (size_t j = 1; j < LANES; j++) {
        *low = lows[j] < *low ? lows[j] : *low;
        *high = highs[j] > *high ? highs[j] : *high;
    }
}

// By halving the range of the scores.
float best_first_floor(const float *scores, size_t n, size_t k)
{
    float low, high;
    if (k >= n / 2)
        return -INFINITY;
    best_range_of(scores, n, &low, &high);
    if (!(isfinite(low) && isfinite(high)) || best_count_from(scores, n, low) < k)
        return -INFINITY;
    for (size_t turn = 0; turn < HALVINGS; turn++) {
        float middle = low / 2 + high / 2;
        size_t count = best_count_from(scores, n, middle);
        if (count < k)
            high = middle;
        else
            low = middle;
        if (count >= k && count <= k + k / 8)
            break;
    }
    return low;
}

// A comparison with NaN is false.
size_t best_find(const float *scores, size_t *at, size_t n, float floor, uint32_t *places)
{
    size_t found = 0;
    while (found == 0 && (*at = best_scan(scores, *at, n, floor)) + SCAN <= n) {
        union {
            unsigned char flags[SCAN];
            uint64_t words[SCAN / 8];
        } passed;
        best_compare(scores + *at, floor, passed.flags);
        for (size_t w = 0; w < SCAN / 8; w++)
            for (uint64_t word = passed.words[w]; word != 0; word &= word - 1)
                places[found++] = (uint32_t)(*at + 8 * w + (size_t)__builtin_ctzll(word) / 8);
        *at += SCAN;
    }
    for (bool rest = found == 0; rest && *at < n; ++*at)
        if (scores[*at] >= floor)
            places[found++] = (uint32_t)*at;
    return found;
}

void best_select(struct best *best, size_t k, size_t room, const float *scores, size_t rows, size_t first)
{
    uint32_t places[BEST_MORE];
    if (best->floor == -INFINITY)
        best->floor = best_first_floor(scores, rows, k);
    for (size_t n, at = 0; (n = best_find(scores, &at, rows, best->floor, places)) > 0;) {
        for (size_t i = 0; i < n; i++)
            best_take(best, scores[places[i]], first + places[i]);
        if (best->n > room)
            best_cut(best, k);
    }
}
