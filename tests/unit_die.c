#include "common/base/die.h"
#include "tests/unit.h"

static void untrusted_bytes_are_quoted(void)
{
    SAME_TEXT(quoted_text("abc"), "\"abc\"");
    SAME_TEXT(quoted("a\x1b[2J\n\0\"\\\x80", 10), "\"a\\x1b[2J\\x0a\\x00\\x22\\x5c\\x80\"");
    SAME_TEXT(quoted("", 0), "\"\"");
    char sixty[61], wanted[64];
    memset(sixty, 'x', sizeof sixty);
    snprintf(wanted, sizeof wanted, "\"%.60s\"", sixty);
    SAME_TEXT(quoted(sixty, 60), wanted);
    EQUAL(strlen(quoted(sixty, 61)), 65);
    memset(sixty, 1, sizeof sixty);
    EQUAL(strlen(quoted(sixty, 61)), 4 * 60 + 5);
    const char *first = quoted_text("first");
    for (int i = 0; i < 7; i++)
        quoted_text("later");
    SAME_TEXT(first, "\"first\"");
}

static void nearest(void)
{
    const char *const words[] = {"query", "candidate", "epochs"};
    SAME_TEXT(nearest_word("qeury", words, 3), "query");
    SAME_TEXT(nearest_word("epoch", words, 3), "epochs");
    CHECK(nearest_word("zzz", words, 3) == NULL);
    CHECK(nearest_word("", words, 0) == NULL);
    char large[100] = {0};
    memset(large, 'q', 99);
    CHECK(nearest_word(large, words, 3) == NULL);
}

static void exit_codes(void)
{
    DIES(1, die(EXIT_WORLD, "world"));
    DIES(2, die(EXIT_USAGE, "usage"));
    DIES(3, die(EXIT_INPUT, "input %s:", "x"));
    DIES(99, warn("only a warning"));
}

UNIT_MAIN(UNIT(untrusted_bytes_are_quoted), UNIT(nearest), UNIT(exit_codes))
