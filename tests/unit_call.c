// Calls as they stand in the configuration.
#include <string.h>

#include "common/config/call.h"
#include "tests/unit.h"

static struct arena arena;

static struct call parsed(const char *text)
{
    return call_parse(&arena, text, "x.ini:1");
}

static void one(void)
{
    struct call call = parsed(" softmax( temperature = 0.1 , hard=yes,7, dense(1, a=2) ) ");
    SAME_TEXT(call.name, "softmax");
    EQUAL(call.n, 4);
    SAME_TEXT(call_text(&call, "temperature"), "0.1");
    SAME_TEXT(call_position(&call, 0), "7");
    SAME_TEXT(call_position(&call, 1), "dense(1, a=2)");
    CHECK(call_position(&call, 2) == NULL);
    CHECK(call_text(&call, "a") == NULL);
    NEAR(call_real(&call, "temperature", 1, 0, 1), 0.1, 1e-15);
    NEAR(call_real(&call, "other", 5, 0, 1), 5, 0);
    CHECK(call_flag(&call, "hard", false));
    CHECK(!call_flag(&call, "soft", false));
    EQUAL(call_count(&call, "n", 3, 0, 9), 3);
    call_known(&call, "temperature, hard", 2);
}

static void no_arguments(void)
{
    EQUAL(parsed("lookup").n, 0);
    EQUAL(parsed("lookup()").n, 0);
    EQUAL(parsed("lookup ( )").n, 0);
    SAME_TEXT(parsed("user-id.x_1").name, "user-id.x_1");
}

static void lists(void)
{
    struct call *calls;
    EQUAL(call_list(&arena, "", "p", &calls), 0);
    EQUAL(call_list(&arena, "  ", "p", &calls), 0);
    EQUAL(call_list(&arena, "dense(64, relu), dense(32),normalize", "p", &calls), 3);
    SAME_TEXT(calls[0].name, "dense");
    EQUAL(calls[0].n, 2);
    SAME_TEXT(calls[2].name, "normalize");
}

static void no_name(void) { parsed("(1)"); }
static void empty(void) { parsed(""); }
static void open_end(void) { parsed("f(1"); }
static void rest(void) { parsed("f(1) x"); }
static void two_words(void) { parsed("f g"); }
static void no_argument(void) { parsed("f(,)"); }
static void last_comma(void) { parsed("f(1,)"); }
static void no_value(void) { parsed("f(a=)"); }
static void twice(void) { parsed("f(a=1, a=2)"); }
static void closed_twice(void) { parsed("f(1))"); }
static void list_gap(void) { struct call *c; (void)call_list(&arena, "a, , b", "x.ini:1", &c); }
static void list_end(void) { struct call *c; (void)call_list(&arena, "a,", "x.ini:1", &c); }

// n times x, with commas between them.
static char *repeated(const char *before, size_t n, const char *after)
{
    struct bytes text = {0};
    bytes_printf(&text, "%s", before);
    for (size_t i = 0; i < n; i++)
        bytes_printf(&text, "%sx", i > 0 ? "," : "");
    bytes_printf(&text, "%s", after);
    return text.data;
}

static void too_many_arguments(void) { parsed(repeated("f(", CALL_ARGS_MAX + 1, ")")); }
static void too_long_list(void) { struct call *c; (void)call_list(&arena, repeated("", CALLS_MAX + 1, ""), "x.ini:1", &c); }

static void bounds(void)
{
    struct call *calls;
    EQUAL(call_list(&arena, repeated("", CALLS_MAX, ""), "x.ini:1", &calls), CALLS_MAX);
    SAME_TEXT(calls[CALLS_MAX - 1].name, "x");
    EQUAL(parsed(repeated("f(", CALL_ARGS_MAX, ")")).n, CALL_ARGS_MAX);
    COMPLAINS(3, "x.ini:1: \"f\" has more than 256 arguments", too_many_arguments);
    COMPLAINS(3, "x.ini:1: a list of more than 4096", too_long_list);
}

static void malformed(void)
{
    static void (*const all[])(void) = {no_name, empty, open_end, rest, two_words, no_argument, last_comma, no_value, closed_twice, list_gap};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        COMPLAINS(3, "x.ini:1: ", all[i]);
    COMPLAINS(3, "x.ini:1: \"f(1\": wanted name or name(argument, key=value, ...)", open_end);
    COMPLAINS(3, "x.ini:1: f has argument \"a\" twice", twice);
    COMPLAINS(3, "x.ini:1: \"a,\": nothing after the last comma", list_end);
}

static void unknown(void) { struct call c = parsed("softmax(temperatur=1)"); call_known(&c, "temperature,hard", 0); }
static void too_many(void) { struct call c = parsed("softmax(1, 2)"); call_known(&c, "temperature", 1); }
static void takes_none(void) { struct call c = parsed("normalize(x=1)"); call_known(&c, "", 0); }
static void out_of_range(void) { struct call c = parsed("f(a=7)"); (void)call_real(&c, "a", 0, 0, 1); }
static void not_finite(void) { struct call c = parsed("f(a=nan)"); (void)call_real(&c, "a", 0, 0, 1); }
static void not_whole(void) { struct call c = parsed("f(a=1.5)"); (void)call_count(&c, "a", 0, 0, 9); }
static void negative(void) { struct call c = parsed("f(a=-1)"); (void)call_count(&c, "a", 0, 0, 9); }
static void no_flag(void) { struct call c = parsed("f(a=true)"); (void)call_flag(&c, "a", false); }

static void values(void)
{
    COMPLAINS(3, "x.ini:1: softmax has no argument \"temperatur\", did you mean temperature", unknown);
    COMPLAINS(3, "x.ini:1: softmax takes 1 arguments without a name, \"2\" is one more", too_many);
    COMPLAINS(3, "x.ini:1: normalize has no argument \"x\"", takes_none);
    COMPLAINS(3, "x.ini:1: a is \"7\", wanted a number from 0 to 1", out_of_range);
    COMPLAINS(3, "x.ini:1: a is \"nan\", wanted a number from 0 to 1", not_finite);
    COMPLAINS(3, "x.ini:1: a is \"1.5\", wanted a whole number from 0 to 9", not_whole);
    COMPLAINS(3, "x.ini:1: a is \"-1\", wanted a whole number from 0 to 9", negative);
    COMPLAINS(3, "x.ini:1: a is \"true\", wanted yes or no", no_flag);
}

UNIT_MAIN(UNIT(bounds), UNIT(one), UNIT(no_arguments), UNIT(lists), UNIT(malformed), UNIT(values))
