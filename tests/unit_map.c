#include "common/base/map.h"
#include "tests/unit.h"

static void numbers_in_order_of_coming(void)
{
    struct map *map = map_new();
    EQUAL(map_add(map, "b", 1), 0);
    EQUAL(map_add(map, "a", 1), 1);
    EQUAL(map_add(map, "b", 1), 0);
    EQUAL(map_add(map, "", 0), 2);
    EQUAL(map_add(map, "", 0), 2);
    EQUAL(map_add(map, "b\0c", 3), 3);
    EQUAL(map_size(map), 4);
    uint32_t number;
    CHECK(map_find(map, "b\0c", 3, &number) && number == 3);
    CHECK(!map_find(map, "b\0", 2, &number));
    CHECK(map_find(map, NULL, 0, &number) && number == 2);
    size_t length;
    const char *key = map_key(map, 3, &length);
    EQUAL(length, 3);
    EQUAL(memcmp(key, "b\0c", 3), 0);
    map_key(map, 2, &length);
    EQUAL(length, 0);
    map_free(map);
}

static void a_lone_empty_key(void)
{
    struct map *map = map_new();
    size_t length;
    EQUAL(map_add(map, "", 0), 0);
    CHECK(map_key(map, 0, &length) != NULL && length == 0);
    map_free(map);
    map_free(NULL);
}

static void fill(struct map *map)
{
    char key[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 100000; i++)
            EQUAL(map_add(map, key, (size_t)snprintf(key, sizeof key, "%u", i * 7919u)), i);
    EQUAL(map_size(map), 100000);
    for (uint32_t i = 0; i < 100000; i += 991) {
        size_t length, wanted = (size_t)snprintf(key, sizeof key, "%u", i * 7919u);
        const char *found = map_key(map, i, &length);
        CHECK(length == wanted && memcmp(found, key, length) == 0);
    }
}

static void many_keys(void)
{
    for (size_t room = 0; room <= 200000; room += 50000) {
        struct map *map = map_new();
        map_reserve(map, room);
        fill(map);
        map_free(map);
    }
}

UNIT_MAIN(UNIT(numbers_in_order_of_coming), UNIT(a_lone_empty_key), UNIT(many_keys))
