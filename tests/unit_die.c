#include <errno.h>

#include "common/base/die.h"
#include "common/base/pool.h"
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
    SAME_TEXT(did_you_mean("qeury", words, 3), ", did you mean \"query\"");
    SAME_TEXT(did_you_mean("zzz", words, 3), ": wanted \"query\", \"candidate\" or \"epochs\"");
    SAME_TEXT(did_you_mean("zzz", words, 1), ": wanted \"query\"");
    SAME_TEXT(did_you_mean("zzz", words, 0), "");
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
    DIES(99, tell("only a line"));
}

static void die_misused(void)
{
    die_usage("%s and %s: choose one", "--json", "--csv");
}

static void wrong_options_point_at_help(void)
{
    COMPLAINS(2, "--json and --csv: choose one; try 'millrace --help'\n", die_misused);
}

static void die_raw(void)
{
    die(EXIT_INPUT, "[a\tb\x1b[31m\x7f\xc2\x9b\xef\xbb\xbf\xe2\x80\x8b\xe2\x80\xae\xe2\x81\xa6 caf\xc3\xa9 \xe2\x82\xac \xc2\xa7 \n]");
}

// A name that was not quoted: what can be seen stays as it is.
static void messages_show_what_they_hold(void)
{
    COMPLAINS(3, "[a\\x09b\\x1b[31m\\x7f\\xc2\\x9b\\xef\\xbb\\xbf\\xe2\\x80\\x8b\\xe2\\x80\\xae\\xe2\\x81\\xa6 caf\xc3\xa9 \xe2\x82\xac \xc2\xa7 \\x0a]\n", die_raw);
}

static void warns_and_dies(void)
{
    warn("before");
    die(EXIT_INPUT, "the cause");
}

static void warns_and_ends(void)
{
    warn("%s", "first\n");
    tell("at once");
    errno = ENOENT;
    warn("second:");
    warnings_print();
    warnings_print();
    die(EXIT_INPUT, "last");
}

static void warns_and_dies_within(void *context)
{
    (void)context;
    warn("within");
    die(EXIT_INPUT, "guarded");
}

static void warns_around_a_guard(void)
{
    struct die_guard guard;
    warn("around");
    CHECK(!die_guarded(&guard, warns_and_dies_within, NULL));
    warnings_print();
    die(EXIT_INPUT, "%s", guard.message);
}

static void warnings_wait_for_a_result(void)
{
    char said[500];
    EQUAL(unit_child(warns_and_dies, said, sizeof said), 3);
    SAME_TEXT(said, "millrace: the cause\n");
    EQUAL(unit_child(warns_and_ends, said, sizeof said), 3);
    SAME_TEXT(said, "millrace: at once\nmillrace: first\\x0a\nmillrace: second: No such file or directory\nmillrace: last\n");
    EQUAL(unit_child(warns_around_a_guard, said, sizeof said), 3);
    SAME_TEXT(said, "millrace: around\nmillrace: guarded\n");
}

static void dies(void *context)
{
    die(*(int *)context, "code %d\n: errno:", *(int *)context);
}

static void lives(void *context)
{
    *(int *)context = 7;
}

static void within(void *context)
{
    struct die_guard inner;
    CHECK(!die_guarded(&inner, dies, context));
    EQUAL(inner.code, 3);
    die(EXIT_USAGE, "outer");
}

static void guards(void)
{
    struct die_guard guard;
    int value = 3;
    errno = ENOENT;
    CHECK(!die_guarded(&guard, dies, &value));
    EQUAL(guard.code, 3);
    SAME_TEXT(guard.message, "code 3\\x0a: errno: No such file or directory");
    CHECK(!die_guarded(&guard, within, &value));
    EQUAL(guard.code, 2);
    SAME_TEXT(guard.message, "outer");
    CHECK(die_guarded(&guard, lives, &value));
    EQUAL(value, 7);
    SAME_TEXT(guard.message, "");
    DIES(2, die(EXIT_USAGE, "outside again"));
}

static void dies_in_a_pool(void *context, size_t i, size_t worker)
{
    (void)context, (void)worker;
    die(EXIT_INPUT, "thread %zu", i);
}

static void four_threads_die(void)
{
    pool_run(pool_new(4), 4, dies_in_a_pool, NULL);
}

static void dies_while_ending(void)
{
    at_quick_exit(four_threads_die);
    die(EXIT_USAGE, "the first");
}

// As often as it takes for two to meet: without a rule, one of 200 is enough to fail.
static void threads_that_die_at_once_say_one_line(void)
{
    char said[500];
    for (int i = 0; i < 200; i++) {
        EQUAL(unit_child(four_threads_die, said, sizeof said), 3);
        CHECK(strncmp(said, "millrace: thread ", 17) == 0 && strlen(said) == 19);
    }
    EQUAL(unit_child(dies_while_ending, said, sizeof said), 2);
    SAME_TEXT(said, "millrace: the first\n");
}

UNIT_MAIN(UNIT(threads_that_die_at_once_say_one_line), UNIT(guards), UNIT(warnings_wait_for_a_result), UNIT(messages_show_what_they_hold), UNIT(untrusted_bytes_are_quoted), UNIT(nearest),
          UNIT(exit_codes), UNIT(wrong_options_point_at_help))
