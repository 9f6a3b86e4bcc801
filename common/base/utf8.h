// UTF-8, checked.
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms, at most U+10FFFF).
// If not, *bad is the offset of the first byte that is not; bad may be NULL. ASCII goes by eight bytes at a time.
bool utf8_valid(const char *text, size_t length, size_t *bad);

#endif
