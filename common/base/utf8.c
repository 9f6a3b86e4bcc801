#include "common/base/utf8.h"

#include <stdint.h>
#include <string.h>

// The length of the well-formed sequence at p, of n > 0 bytes, or 0.
static size_t sequence(const unsigned char *p, size_t n)
{
    unsigned char lead = p[0];
    size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length == 0 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f) || (lead == 0xf0 && p[1] < 0x90) ||
        (lead == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

bool utf8_valid(const char *text, size_t length, size_t *bad)
{
    size_t i = 0;
    while (i < length) {
        uint64_t eight;
        if (length - i >= sizeof eight) {
            memcpy(&eight, text + i, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t step = sequence((const unsigned char *)text + i, length - i);
        if (step == 0) {
            if (bad != NULL)
                *bad = i;
            return false;
        }
        i += step;
    }
    return true;
}
