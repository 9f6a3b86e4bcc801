#include <stdlib.h>

#include "common/base/rng.h"
#include "common/math/keys.h"
#include "tests/unit.h"

static int falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void fill(uint64_t *keys, size_t n, int order)
{
    for (size_t i = 0; i < n; i++)
        keys[i] = order == 0 ? rng_bits(1, n, i) : order == 1 ? i : n - i;
}

static void sorted_in_any_order(void)
{
    static uint64_t keys[3000], wanted[3000];
    static const size_t sizes[] = {0, 1, 2, 3, 11, 12, 13, 14, 255, 3000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int order = 0; order < 3; order++) {
            fill(keys, sizes[s], order);
            fill(wanted, sizes[s], order);
            qsort(wanted, sizes[s], sizeof *wanted, falling);
            keys_sort(keys, sizes[s]);
            CHECK(memcmp(keys, wanted, sizes[s] * sizeof *keys) == 0);
        }
    }
}

static void keeps_the_largest(void)
{
    static uint64_t keys[1001], wanted[1001];
    static const size_t sizes[] = {1, 2, 3, 64, 1001}, ks[] = {1, 2, 3, 31, 63, 64, 1000, 1001};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t i = 0; i < sizeof ks / sizeof *ks && ks[i] <= sizes[s]; i++) {
            for (int order = 0; order < 3; order++) {
                fill(keys, sizes[s], order);
                fill(wanted, sizes[s], order);
                qsort(wanted, sizes[s], sizeof *wanted, falling);
                keys_keep(keys, sizes[s], ks[i]);
                CHECK(keys[ks[i] - 1] == wanted[ks[i] - 1]);
                qsort(keys, ks[i], sizeof *keys, falling);
                CHECK(memcmp(keys, wanted, ks[i] * sizeof *keys) == 0);
            }
        }
    }
}

UNIT_MAIN(UNIT(sorted_in_any_order), UNIT(keeps_the_largest))
