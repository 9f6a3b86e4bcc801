// INI files as lists of entries.
#include <stdlib.h>
#include <string.h>

#include "common/config/ini.h"
#include "tests/unit.h"

static struct ini parsed(const char *text)
{
    struct ini ini = {0};
    ini_parse_text(&ini, text, "x.ini");
    return ini;
}

// "section/key=value@place" of every entry, a line each.
static const char *entries(const char *text)
{
    static struct bytes out;
    struct ini ini = parsed(text);
    out.length = 0;
    bytes_add(&out, "", 0);
    for (size_t i = 0; i < ini.n; i++)
        bytes_printf(&out, "%s/%s=%s@%s\n", ini.entries[i].section, ini.entries[i].key, ini.entries[i].value, ini.entries[i].place);
    return out.data;
}

static void plain(void)
{
    SAME_TEXT(entries(""), "");
    SAME_TEXT(entries("a = 1\n[s x.y]\n; comment\n# comment\nb=2 ; comment\n\nc : 3\n"), "/a=1@x.ini:1\ns x.y/b=2@x.ini:5\ns x.y/c=3@x.ini:7\n");
    SAME_TEXT(entries("\xef\xbb\xbf" "a = 1\r\n[s]\r\nb = 2\r\n"), "/a=1@x.ini:1\ns/b=2@x.ini:3\n");
    SAME_TEXT(entries("[s]\nempty =\nb = f(x=1, y=2)"), "s/empty=@x.ini:2\ns/b=f(x=1, y=2)@x.ini:3\n");
    SAME_TEXT(entries("[s]\n  a = 1\n[t]\n  a = 2\n"), "s/a=1@x.ini:2\nt/a=2@x.ini:4\n");
}

static void continued(void)
{
    SAME_TEXT(entries("[s]\na = 1,\n  2, ; comment\n ; comment\n\n\t3\nb = 4\n"), "s/a=1, 2, 3@x.ini:2\ns/b=4@x.ini:7\n");
    SAME_TEXT(entries("[s]\na =\n  1\n"), "s/a=1@x.ini:2\n");
    SAME_TEXT(entries("[s]\na = f(x=1,\n  y=2)\n"), "s/a=f(x=1, y=2)@x.ini:2\n");
    SAME_TEXT(entries("[s]\na = 1\n  [t]\n"), "s/a=1 [t]@x.ini:2\n");
}

// A line at a time it must not be copied whole: that would take 40 GB.
static void continued_often(void)
{
    enum { LINES = 300000 };
    struct bytes text = {0};
    bytes_printf(&text, "[s]\na = (\n");
    for (size_t i = 0; i < LINES; i++)
        bytes_printf(&text, " b\n");
    bytes_printf(&text, " ; nothing\n )\nc = 1\n d\n");
    struct ini ini = parsed(text.data);
    EQUAL(ini.n, 2);
    EQUAL(strlen(ini.entries[0].value), 1 + 2 * LINES + 2);
    SAME_TEXT(ini.entries[0].value + 2 * LINES, "b )");
    SAME_TEXT(ini.entries[1].value, "1 d");
    free(text.data);
}

static void twice(void) { parsed("[s]\na = 1\n[t]\na = 1\n[s]\na = 2\n"); }
static void indented_key(void) { parsed("[s]\n a = 1\n b = 2\n"); }
static void no_value(void) { parsed("[s]\na = 1\nb\n"); }
static void no_bracket(void) { parsed("[s\na = 1\n"); }
static void no_utf8(void) { parsed("[s]\na = caf\xe9\n"); }
static void escape(void) { parsed("[s]\na = \x1b[31m\n"); }
static void escape_c1(void) { parsed("[s\xc2\x9b]\na = 1\n"); }

static void too_many(void)
{
    struct bytes text = {0};
    bytes_printf(&text, "[s]\n");
    for (size_t i = 0; i <= 16384; i++)
        bytes_printf(&text, "k%zu = 1\n", i);
    parsed(text.data);
}

static void missing(void) { struct ini ini = parsed("[s]\na = 1\n"); (void)ini_get(&ini, "s", "b"); }
static void cannot_hold(void) { struct ini ini = parsed("[s]\na = 1\n"); ini_set(&ini, "s", "a", "x ;y", "--set"); (void)ini_text(&ini); }

static void long_line(void)
{
    char text[300] = "[s]\na = ";
    memset(text + 8, 'x', 250);
    parsed(text);
}

static void long_section(void)
{
    char text[300] = "\n[";
    memset(text + 2, 's', 60);
    strcpy(text + 62, "]\na = 1\n");
    parsed(text);
}

static void errors(void)
{
    COMPLAINS(3, "x.ini:6: [s] a is given twice, first at x.ini:2", twice);
    COMPLAINS(3, "x.ini:3: an indented line continues the value of a, found \"b = 2\"", indented_key);
    COMPLAINS(3, "x.ini:3: wanted [section], key = value, or a comment", no_value);
    COMPLAINS(3, "x.ini:1: wanted [section]", no_bracket);
    COMPLAINS(3, "x.ini:2: invalid UTF-8", no_utf8);
    COMPLAINS(3, "x.ini:2: a control character", escape);
    COMPLAINS(3, "x.ini:1: a control character", escape_c1);
    COMPLAINS(3, "x.ini:16386: more than 16384 keys", too_many);
    COMPLAINS(3, "x.ini: [s] has no b", missing);
    COMPLAINS(3, "--set: [s] a is \"x ;y\"", cannot_hold);
    COMPLAINS(3, "x.ini:2: a line of 254 bytes: 196 is the limit", long_line);
    COMPLAINS(3, "x.ini:2: a section's name of more than 49 bytes", long_section);
}

static void longest(void)
{
    char text[300] = "[s]\na = ";
    memset(text + 8, 'x', INI_LINE_MAX - 4);
    struct ini ini = parsed(text);
    EQUAL(strlen(ini_find(&ini, "s", "a")->value), INI_LINE_MAX - 4);
}

static void set(void)
{
    struct ini ini = parsed("[s]\na = 1\n[t]\nb = 2\n");
    ini_set(&ini, "s", "c", "3", "--set");
    ini_set(&ini, "", "z", "0", "--set");
    ini_set(&ini, "t", "b", "5", "--set");
    ini_set(&ini, "u", "d", "", "default");
    SAME_TEXT(ini_text(&ini), "z = 0\n\n[s]\na = 1\nc = 3\n\n[t]\nb = 5\n\n[u]\nd = \n");
    const char **names;
    EQUAL(ini_sections(&ini, "", &names), 4);
    ini_remove(&ini, "t");
    ini_remove(&ini, "nothing");
    SAME_TEXT(ini_text(&ini), "z = 0\n\n[s]\na = 1\nc = 3\n\n[u]\nd = \n");
}

static void holds(void)
{
    CHECK(ini_can_hold(""));
    CHECK(ini_can_hold("f(a=1, b=2); x#y [z]"));
    CHECK(!ini_can_hold("a\nb"));
    CHECK(!ini_can_hold("a\tb"));
    CHECK(!ini_can_hold("a ;b"));
    CHECK(!ini_can_hold(";b"));
    CHECK(!ini_can_hold(" a"));
    CHECK(!ini_can_hold("a "));
    CHECK(!ini_can_hold("\xff"));
    char word[300];
    memset(word, 'x', sizeof word);
    word[170] = '\0';
    CHECK(ini_can_hold(word));
    word[170] = 'x';
    word[171] = '\0';
    CHECK(!ini_can_hold(word));
}

// Whatever can be held comes back the same from the text.
static void round_trip(void)
{
    static const char *const words[] = {"dense(64,", "relu)", "#x", "a", "", "=", "x=1", "key = value", "[s]", "\xc3\xa9\xc3\xa9", "normalise(from=timestamp)",
                                        "/a/rather/long/path/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on"};
    uint32_t x = 1;
    for (int trial = 0; trial < 20000; trial++) {
        struct bytes value = {0};
        bytes_add(&value, "", 0);
        for (uint32_t i = 0, n = (x >> 8) % 30; i < n; i++) {
            x = x * 1664525 + 1013904223;
            bytes_printf(&value, "%s%s", i > 0 ? " " : "", words[(x >> 8) % (sizeof words / sizeof *words)]);
        }
        x = x * 1664525 + 1013904223;
        if (ini_can_hold(value.data)) {
            struct ini ini = {0}, again = {0};
            ini_set(&ini, "s", "columns", value.data, "here");
            ini_set(&ini, "s", "next", "1", "here");
            ini_parse_text(&again, ini_text(&ini), "again");
            EQUAL(again.n, 2);
            SAME_TEXT(again.entries[0].value, value.data);
            arena_free(&ini.arena);
            arena_free(&again.arena);
            free(ini.entries);
            free(again.entries);
        }
        free(value.data);
    }
}

UNIT_MAIN(UNIT(plain), UNIT(continued), UNIT(continued_often), UNIT(errors), UNIT(longest), UNIT(set), UNIT(holds), UNIT(round_trip))
