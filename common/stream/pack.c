#include "common/stream/pack.h"

#include <string.h>

// Big-endian number of `width` bytes.
static uint64_t big_endian(const unsigned char *p, size_t width)
{
    uint64_t x = 0;
    for (size_t i = 0; i < width; i++)
        x = x << 8 | p[i];
    return x;
}

struct token {
    size_t head;      // tag and length or number
    uint64_t body;    // bytes that follow
    uint64_t inside;  // objects that follow
};

// What the tag byte says; `head` of 0 means the tag is none of msgpack's. The number that follows the tag is read by the caller.
static struct token tag_of(unsigned char tag, size_t *width, bool *counts_objects, bool *pairs)
{
    *width = 0;
    *counts_objects = *pairs = false;
    if (tag <= 0x7f || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3)
        return (struct token){1, 0, 0};
    if (tag <= 0x8f)
        return (struct token){1, 0, 2 * (uint64_t)(tag & 15)};
    if (tag <= 0x9f)
        return (struct token){1, 0, tag & 15};
    if (tag <= 0xbf)
        return (struct token){1, tag & 31, 0};
    switch (tag) {
    case 0xc4: case 0xd9: *width = 1; break;
    case 0xc5: case 0xda: *width = 2; break;
    case 0xc6: case 0xdb: *width = 4; break;
    case 0xca: case 0xce: case 0xd2: return (struct token){5, 0, 0};
    case 0xcb: case 0xcf: case 0xd3: return (struct token){9, 0, 0};
    case 0xcc: case 0xd0: return (struct token){2, 0, 0};
    case 0xcd: case 0xd1: return (struct token){3, 0, 0};
    case 0xdc: case 0xdd: *width = tag == 0xdc ? 2 : 4; *counts_objects = true; break;
    case 0xde: case 0xdf: *width = tag == 0xde ? 2 : 4; *counts_objects = *pairs = true; break;
    default: return (struct token){0, 0, 0};  // ext types have no place in a stream
    }
    return (struct token){1 + *width, 0, 0};
}

// The tag at p, n > 0 bytes of which are at hand, with its number; a head of 0 if it is none, longer than n if it is cut.
static struct token token_of(const unsigned char *p, uint64_t n)
{
    size_t width;
    bool counts_objects, pairs;
    struct token token = tag_of(p[0], &width, &counts_objects, &pairs);
    if (width == 0 || n < token.head)
        return token;
    uint64_t number = big_endian(p + 1, width);
    if (counts_objects)
        token.inside = pairs ? 2 * number : number;
    else
        token.body = number;
    return token;
}

enum pack_measure pack_measure(struct pack_walk *walk, const char *data, size_t n)
{
    bool begun = walk->at > 0;
    while (!begun || walk->depth > 0) {
        if (walk->at + walk->pending + !begun > PACK_MAP_BYTES_MAX)
            return PACK_BAD;
        if (walk->at >= n)
            return PACK_MORE;
        struct token token = token_of((const unsigned char *)data + walk->at, n - walk->at);
        if (token.head == 0 || (token.inside > 0 && walk->depth == PACK_DEPTH_MAX))
            return PACK_BAD;
        if (n - walk->at < token.head)
            return PACK_MORE;
        walk->at += token.head + token.body;
        walk->pending += token.inside - begun;
        if (walk->depth > 0)
            walk->left[walk->depth - 1]--;
        if (token.inside > 0)
            walk->left[walk->depth++] = token.inside;
        while (walk->depth > 0 && walk->left[walk->depth - 1] == 0)
            walk->depth--;
        begun = true;
    }
    if (walk->at > PACK_MAP_BYTES_MAX)
        return PACK_BAD;
    return walk->at <= n ? PACK_WHOLE : PACK_MORE;
}

bool pack_is(const msgpack_object *object, const char *text)
{
    return object->type == MSGPACK_OBJECT_STR && object->via.str.size == strlen(text) &&
           memcmp(object->via.str.ptr, text, strlen(text)) == 0;
}

const msgpack_object *pack_get(const msgpack_object *map, const char *key)
{
    const msgpack_object *found = NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        if (!pack_is(&map->via.map.ptr[i].key, key))
            continue;
        if (found != NULL)
            return NULL;
        found = &map->via.map.ptr[i].val;
    }
    return found;
}

enum pack_measure pack_bin(const char *data, size_t n, size_t *head, size_t *size)
{
    const unsigned char *p = (const unsigned char *)data;
    if (n == 0)
        return PACK_MORE;
    if (p[0] < 0xc4 || p[0] > 0xc6)
        return PACK_BAD;
    size_t width = (size_t)1 << (p[0] - 0xc4);
    if (n < 1 + width)
        return PACK_MORE;
    *head = 1 + width;
    *size = (size_t)big_endian(p + 1, width);
    return PACK_WHOLE;
}
