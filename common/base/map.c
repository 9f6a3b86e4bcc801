// Open addressing with linear probing; a slot holds 32 bits of the hash and number + 1, zero is empty. So most unequal keys are told
// apart in the slot, and growing neither hashes again nor looks at the keys. Those lie end to end in one buffer, so a million short keys
// are one allocation. The hash is seeded at random, so that nobody can make keys that all collide; numbers do not depend on it.
#define _DEFAULT_SOURCE  // getentropy
#include "common/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/arena.h"
#include "common/base/die.h"

struct map {
    struct bytes keys;
    size_t *ends;      // (size) end of each key in `keys`
    size_t size, ends_capacity;
    uint64_t *slots;   // (mask + 1) hash << 32 | number + 1
    size_t mask;
    uint64_t seed;
};

struct map *map_new(void)
{
    struct map *map = memory_zeros(1, sizeof *map);
    map->mask = 63;
    if (getentropy(&map->seed, sizeof map->seed) != 0)
        map->seed = 0;  // an old kernel: no worse than a constant
    map->slots = memory_zeros(map->mask + 1, sizeof *map->slots);
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    free(map->keys.data);
    free(map->ends);
    free(map->slots);
    free(map);
}

static uint32_t hash_of(const struct map *map, const void *key, size_t length)
{
    return (uint32_t)(XXH3_64bits_withSeed(key, length, map->seed) >> 32);
}

// The slot of the key, or the empty slot where it would go.
static size_t slot_of(const struct map *map, const void *key, size_t length, uint32_t hash)
{
    for (size_t slot = hash & map->mask;; slot = (slot + 1) & map->mask) {
        uint64_t entry = map->slots[slot];
        if (entry == 0)
            return slot;
        if (entry >> 32 != hash)
            continue;
        size_t found_length;
        const char *found = map_key(map, (uint32_t)entry - 1, &found_length);
        if (found_length == length && (length == 0 || memcmp(found, key, length) == 0))
            return slot;
    }
}

static bool is_full(const struct map *map, size_t n)
{
    return n * 5 > map->mask * 3;
}

void map_reserve(struct map *map, size_t n)
{
    assert(map->size == 0);
    while (is_full(map, n))
        map->mask = 2 * map->mask + 1;
    free(map->slots);
    map->slots = memory_zeros(map->mask + 1, sizeof *map->slots);
}

static void grow(struct map *map)
{
    uint64_t *before = map->slots;
    size_t n = map->mask + 1;
    map->mask = 2 * n - 1;
    map->slots = memory_zeros(2 * n, sizeof *map->slots);
    for (size_t i = 0; i < n; i++) {
        size_t slot = before[i] >> 32 & map->mask;
        while (before[i] != 0 && map->slots[slot] != 0)
            slot = (slot + 1) & map->mask;
        if (before[i] != 0)
            map->slots[slot] = before[i];
    }
    free(before);
}

uint32_t map_add(struct map *map, const void *key, size_t length)
{
    uint32_t hash = hash_of(map, key, length);
    size_t slot = slot_of(map, key, length, hash);
    if (map->slots[slot] != 0)
        return (uint32_t)map->slots[slot] - 1;
    if (map->size >= INT32_MAX)
        die(EXIT_INPUT, "more than 2^31 distinct keys");

    uint32_t number = (uint32_t)map->size;
    bytes_add(&map->keys, key, length);
    map->ends = memory_grow(map->ends, &map->ends_capacity, map->size + 1, sizeof *map->ends);
    map->ends[number] = map->keys.length;
    map->slots[slot] = (uint64_t)hash << 32 | (number + 1);
    map->size++;
    if (is_full(map, map->size))
        grow(map);
    return number;
}

bool map_find(const struct map *map, const void *key, size_t length, uint32_t *number)
{
    uint32_t entry = (uint32_t)map->slots[slot_of(map, key, length, hash_of(map, key, length))];
    if (entry == 0)
        return false;
    *number = entry - 1;
    return true;
}

size_t map_size(const struct map *map)
{
    return map->size;
}

const char *map_key(const struct map *map, uint32_t number, size_t *length)
{
    size_t start = number == 0 ? 0 : map->ends[number - 1];
    *length = map->ends[number] - start;
    return map->keys.data + start;
}

// The first eight bytes as a number decide most comparisons.
struct sorted {
    uint64_t prefix;
    const char *key;
    uint32_t number, length;
};

static int compare(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    int order = memcmp(x->key, y->key, x->length < y->length ? x->length : y->length);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

uint32_t *map_sorted(const struct map *map)
{
    struct sorted *all = memory_aligned(map->size, sizeof *all);
    for (uint32_t i = 0; i < map->size; i++) {
        size_t length;
        const char *key = map_key(map, i, &length);
        uint64_t prefix = 0;
        for (size_t j = 0; j < 8; j++)
            prefix = prefix << 8 | (j < length ? (unsigned char)key[j] : 0);
        all[i] = (struct sorted){prefix, key, i, (uint32_t)length};
    }
    qsort(all, map->size, sizeof *all, compare);
    uint32_t *numbers = memory_resize(NULL, map->size, sizeof *numbers);
    for (size_t i = 0; i < map->size; i++)
        numbers[i] = all[i].number;
    free(all);
    return numbers;
}
