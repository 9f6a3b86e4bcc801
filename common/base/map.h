// Keys (byte strings) numbered in the order in which they first came.
//
//     struct map *users = map_new();
//     uint32_t row = map_add(users, "42", 2);          // 0 for the first key, 1 for the second new one ...
//     if (map_find(users, key, length, &row)) ...
//
// Holds at most 2^31 - 1 keys; time O(1) a call; 22 to 35 bytes and the key itself an entry. Dies when memory ends.
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map *map_new(void) __attribute__((warn_unused_result));
void map_free(struct map *map);

// Makes room for n keys in a map that has none yet, so that it need not grow while they come.
void map_reserve(struct map *map, size_t n);

// The number of the key; a new key gets the next number, so map_size grows by one.
uint32_t map_add(struct map *map, const void *key, size_t length);

bool map_find(const struct map *map, const void *key, size_t length, uint32_t *number) __attribute__((warn_unused_result));

size_t map_size(const struct map *map);

// The key with this number; borrowed until the next map_add.
const char *map_key(const struct map *map, uint32_t number, size_t *length);

// The numbers of all keys, in the order of the keys' bytes. Owned by the caller, released by free().
uint32_t *map_sorted(const struct map *map) __attribute__((warn_unused_result));

#endif
