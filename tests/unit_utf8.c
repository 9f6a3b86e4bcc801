#include "common/base/utf8.h"
#include "tests/unit.h"

#define GOOD(text) CHECK(utf8_valid(text, sizeof text - 1, NULL))
#define BAD(text, at) do { size_t bad_ = 99; CHECK(!utf8_valid(text, sizeof text - 1, &bad_)); EQUAL(bad_, at); } while (0)

static void well_formed(void)
{
    GOOD("");
    GOOD("plain text that is longer than eight bytes");
    GOOD("a\0b");
    GOOD("Am\u00e9lie \u65e5\u672c \U0001f3ac");
    GOOD("\x7f \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
}

static void malformed(void)
{
    BAD("\x80", 0);
    BAD("\xff", 0);
    BAD("12345678\xe9\x20", 8);
    BAD("1234567\xc3", 7);           // cut at the end
    BAD("ab\xe2\x82", 2);
    BAD("\xf0\x9f\x8e", 0);
    BAD("\xc0\xaf", 0);              // overlong
    BAD("\xc1\xbf", 0);
    BAD("\xe0\x9f\xbf", 0);
    BAD("\xf0\x8f\xbf\xbf", 0);
    BAD("\xed\xa0\x80", 0);          // surrogate
    BAD("\xf4\x90\x80\x80", 0);      // past U+10FFFF
    BAD("\xf5\x80\x80\x80", 0);
    BAD("\xe2\x28\xa1", 0);
    BAD("\xc3\xa9\xa9", 2);
}

// Every two-byte text, against the definition.
static void all_pairs(void)
{
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char text[2] = {(char)a, (char)b};
            bool wanted = (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);
            EQUAL(utf8_valid(text, 2, NULL), wanted);
        }
}

UNIT_MAIN(UNIT(well_formed), UNIT(malformed), UNIT(all_pairs))
