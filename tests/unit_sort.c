#include "common/base/sort.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/base/rng.h"
#include "tests/unit.h"

// Sorts n keys made by mixing and masking, and checks that they rise, that values moved with them, and that equals kept their order.
static void check(size_t n, uint64_t mask)
{
    uint64_t *keys = malloc((n + 1) * sizeof *keys);
    uint32_t *values = malloc((n + 1) * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        keys[i] = rng_mix(i) & mask;
        values[i] = (uint32_t)i;
    }
    sort_keys(keys, values, n);
    for (size_t i = 0; i < n; i++) {
        CHECK(keys[i] == (rng_mix(values[i]) & mask));
        CHECK(i == 0 || keys[i - 1] < keys[i] || (keys[i - 1] == keys[i] && values[i - 1] < values[i]));
    }
    for (size_t i = 0; i < n; i++)
        keys[i] = rng_mix(i) & mask;
    sort_keys(keys, NULL, n);
    for (size_t i = 1; i < n; i++)
        CHECK(keys[i - 1] <= keys[i]);
    free(keys);
    free(values);
}

static void keys_rise_and_equals_keep_their_order(void)
{
    static const size_t sizes[] = {0, 1, 2, 3, 24, 25, 31, 1000, 70001};
    static const uint64_t masks[] = {UINT64_MAX, 0, 1, 0xff, 0x8000000000000001u, 0x000003ff00000fffu, 0xffff000000000000u};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof masks / sizeof *masks; j++)
            check(sizes[i], masks[j]);
}

static void map_sorted_orders_by_bytes(void)
{
    static const char *const words[] = {"b", "", "abcdefghz", "abcdefgh", "abcdefgha", "\xc3\xa9", "ab", "a", "Z"};
    static const char *const wanted[] = {"", "Z", "a", "ab", "abcdefgh", "abcdefgha", "abcdefghz", "b", "\xc3\xa9"};
    struct map *map = map_new();
    for (size_t i = 0; i < 9; i++)
        map_add(map, words[i], strlen(words[i]));
    map_add(map, "a\0", 2);
    uint32_t *order = map_sorted(map);
    for (size_t i = 0, j = 0; i < 10; i++) {
        size_t length;
        const char *key = map_key(map, order[i], &length);
        if (length == 2 && memcmp(key, "a\0", 2) == 0)
            EQUAL(i, 3);
        else
            CHECK(length == strlen(wanted[j]) && memcmp(key, wanted[j], length) == 0);
        j += !(length == 2 && key[1] == 0);
    }
    free(order);
    map_free(map);
}

UNIT_MAIN(UNIT(keys_rise_and_equals_keep_their_order), UNIT(map_sorted_orders_by_bytes))
