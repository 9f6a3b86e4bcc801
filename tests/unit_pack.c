#include "common/stream/pack.h"
#include "tests/unit.h"

static enum pack_measure measure(const char *data, size_t n, size_t *length)
{
    struct pack_walk walk = {0};
    enum pack_measure result = pack_measure(&walk, data, n);
    *length = (size_t)walk.at;
    return result;
}
#define MEASURE(text, length) measure(text, sizeof text - 1, length)

static void whole_objects(void)
{
    size_t length;
    EQUAL(MEASURE("\x80", &length), PACK_WHOLE);
    EQUAL(length, 1);
    EQUAL(MEASURE("\x82\xa1" "a\x01\xa1" "b\x93\x01\x02\xc0 rest", &length), PACK_WHOLE);
    EQUAL(length, 10);
    EQUAL(MEASURE("\xcf" "12345678", &length), PACK_WHOLE);
    EQUAL(length, 9);
    EQUAL(MEASURE("\xd9\x03" "abc", &length), PACK_WHOLE);
    EQUAL(length, 5);
    EQUAL(MEASURE("\xdc\0\x02\xc2\xc3", &length), PACK_WHOLE);
    EQUAL(length, 5);
    EQUAL(MEASURE("\xdf\0\0\0\x01\x01\x02", &length), PACK_WHOLE);
    EQUAL(length, 7);
}

static void every_cut_wants_more(void)
{
    static const char object[] = "\x83\xa1" "a\xdd\0\0\0\x02\xcb" "12345678\xda\0\x03xyz\xa1" "b\xc4\x02zz\xa1" "c\xd3" "12345678";
    size_t length;
    EQUAL(MEASURE(object, &length), PACK_WHOLE);
    EQUAL(length, sizeof object - 1);
    struct pack_walk walk = {0};
    for (size_t n = 0; n < sizeof object - 1; n++) {
        EQUAL(measure(object, n, &length), PACK_MORE);
        EQUAL(pack_measure(&walk, object, n), PACK_MORE);
    }
    EQUAL(pack_measure(&walk, object, sizeof object - 1), PACK_WHOLE);  // the walk goes on where it stopped
    EQUAL(walk.at, sizeof object - 1);
}

static void claims_are_bounded(void)
{
    size_t length;
    EQUAL(MEASURE("\xdd\xff\xff\xff\xff", &length), PACK_BAD);
    EQUAL(MEASURE("\xdf\xff\xff\xff\xff", &length), PACK_BAD);
    EQUAL(MEASURE("\xc6\xff\xff\xff\xff", &length), PACK_BAD);
    EQUAL(MEASURE("\xdb\x00\x40\x00\x00", &length), PACK_BAD);
    EQUAL(MEASURE("\xdb\x00\x3f\xff\xfb", &length), PACK_MORE);  // 4 MiB with its head
    EQUAL(MEASURE("\x92\xdb\x00\x3f\xff\xfb", &length), PACK_BAD);
    // A nest of arrays, each claiming 2^32 - 1: the sum must not wrap around.
    char nest[5000];
    for (size_t i = 0; i < sizeof nest; i += 5)
        memcpy(nest + i, "\xdd\x00\x3f\xff\x00", 5);
    EQUAL(measure(nest, sizeof nest, &length), PACK_BAD);
}

static void depth_is_bounded(void)
{
    char nest[40];
    size_t length;
    memset(nest, 0x91, sizeof nest);
    nest[30] = 1;
    EQUAL(measure(nest, 40, &length), PACK_WHOLE);
    EQUAL(length, 31);
    nest[30] = (char)0x91;
    EQUAL(measure(nest, 40, &length), PACK_BAD);
    nest[30] = (char)0x90;  // an empty one is no level
    EQUAL(measure(nest, 40, &length), PACK_WHOLE);
}

static void what_is_no_msgpack(void)
{
    size_t length;
    EQUAL(MEASURE("\xc1", &length), PACK_BAD);
    EQUAL(MEASURE("\xc7\x01\x01z", &length), PACK_BAD);  // extension types
    EQUAL(MEASURE("\xd4\x01z", &length), PACK_BAD);
    EQUAL(MEASURE("\x91\xd8", &length), PACK_BAD);
    EQUAL(measure("", 0, &length), PACK_MORE);
}

static void bins(void)
{
    size_t head, size;
    EQUAL(pack_bin("\xc4\x05", 2, &head, &size), PACK_WHOLE);
    EQUAL(head, 2);
    EQUAL(size, 5);
    EQUAL(pack_bin("\xc5\x01\x02", 3, &head, &size), PACK_WHOLE);
    EQUAL(size, 258);
    EQUAL(pack_bin("\xc6\xff\xff\xff\xff", 5, &head, &size), PACK_WHOLE);
    CHECK(size == 0xffffffffu);
    EQUAL(pack_bin("\xc6\xff\xff\xff", 4, &head, &size), PACK_MORE);
    EQUAL(pack_bin("", 0, &head, &size), PACK_MORE);
    EQUAL(pack_bin("\xa1x", 2, &head, &size), PACK_BAD);
}

static void keys(void)
{
    static const char map[] = "\x84\xa1" "a\x01\xa1" "b\x02\x07\x03\xa1" "b\x04";
    msgpack_unpacked object;
    msgpack_unpacked_init(&object);
    size_t offset = 0;
    EQUAL(msgpack_unpack_next(&object, map, sizeof map - 1, &offset), MSGPACK_UNPACK_SUCCESS);
    CHECK(pack_get(&object.data, "a") != NULL && pack_get(&object.data, "a")->via.u64 == 1);
    CHECK(pack_get(&object.data, "b") == NULL);  // twice
    CHECK(pack_get(&object.data, "c") == NULL);
    msgpack_unpacked_destroy(&object);
}

UNIT_MAIN(UNIT(whole_objects), UNIT(every_cut_wants_more), UNIT(claims_are_bounded), UNIT(depth_is_bounded),
          UNIT(what_is_no_msgpack), UNIT(bins), UNIT(keys))
