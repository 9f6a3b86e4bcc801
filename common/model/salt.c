#include "common/model/salt.h"

#include "common/base/die.h"
#include "common/base/fingerprint.h"
#include "common/base/siphash.h"

struct salt salt_of(const struct call *call)
{
    const char *text = call_text(call, "salt"), **parts;
    if (text == NULL)
        return (struct salt){0};
    struct arena arena = {0};
    size_t n = value_parts(&arena, text, &parts);
    if (n > 2)
        die(EXIT_INPUT, "%s: %s: salt is %s, wanted one whole number or two", call->place, call->name, quoted_text(text));
    struct salt salt = {.given = true};
    for (size_t i = 0; i < 2; i++)
        salt.key[i] = value_count(parts[i < n ? i : 0], "salt", call->place, 0, SIZE_MAX);
    arena_free(&arena);
    return salt;
}

uint64_t salt_hash(const struct salt *salt, const void *bytes, size_t length)
{
    return salt->given ? siphash(salt->key, bytes, length) : fingerprint(bytes, length);
}
