// What a text begins with.
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// What comes behind the prefix, or NULL if the text does not begin with it.
static inline const char *after_prefix(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static inline bool has_prefix(const char *text, const char *prefix)
{
    return after_prefix(text, prefix) != NULL;
}

#endif
