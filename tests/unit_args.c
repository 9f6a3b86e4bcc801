#include "common/base/args.h"
#include "tests/unit.h"

static bool flag, other;
static const char *text, *choice = "fail";
static size_t count, size;
static double real;
static struct arg_list list;

static const struct arg args[] = {
    ARG_FLAG('f', "flag", &flag, "a flag"),
    ARG_FLAG('g', "other", &other, "a flag"),
    ARG_TEXT('t', "text", &text, "NAME", "a text"),
    ARG_CHOICE('c', "choice", &choice, "fail|skip|keep", "a word of these"),
    ARG_COUNT('n', "count", &count, 1, 100, "N", "a count"),
    ARG_REAL('r', "real", &real, -1, 1, "X", "a number"),
    ARG_BYTES(0, "size", &size, "SIZE", "a size"),
    ARG_LIST('l', "list", &list, "X", "many"),
    ARG_END,
};
static const struct arg *const tables[] = {args};

// Parses words that end in NULL; returns the number of operands.
static size_t parse(char **words)
{
    int argc = 0;
    flag = other = false;
    text = NULL;
    count = size = 0;
    real = 0;
    list.n = 0;
    while (words[argc] != NULL)
        argc++;
    return args_parse(argc, words, tables, 1);
}
#define PARSE(...) parse((char *[]){(char *)"p", __VA_ARGS__, NULL})

static void every_kind(void)
{
    char *words[] = {"p", "-fg", "one", "--text=a=b", "-n7", "--real", "-0.5", "--size", "3K", "-l", "x", "-ly", "-", "--", "-f", NULL};
    EQUAL(parse(words), 3);
    CHECK(flag && other);
    SAME_TEXT(text, "a=b");
    EQUAL(count, 7);
    NEAR(real, -0.5, 0);
    EQUAL(size, 3072);
    EQUAL(list.n, 2);
    SAME_TEXT(list.items[1], "y");
    SAME_TEXT(words[1], "one");
    SAME_TEXT(words[2], "-");
    SAME_TEXT(words[3], "-f");
}

static void sizes(void)
{
    PARSE("--size", "0");
    EQUAL(size, 0);
    PARSE("--size=2G");
    CHECK(size == (size_t)2 << 30);
    DIES(2, PARSE("--size", "1Q"));
    DIES(2, PARSE("--size", ""));
    DIES(2, PARSE("--size", " 1"));
    DIES(2, PARSE("--size", "-1"));
    DIES(2, PARSE("--size", "+1"));
    DIES(2, PARSE("--size", "1.5G"));
    DIES(2, PARSE("--size", "99999999T"));
    DIES(2, PARSE("--size", "99999999999999999999"));
}

static void wrong_choice(void)
{
    PARSE("-c", "skips");
}

static void choices(void)
{
    PARSE("--choice=keep");
    SAME_TEXT(choice, "keep");
    DIES(2, PARSE("-c", ""));
    DIES(2, PARSE("-c", "ski"));
    COMPLAINS(2, "--choice \"skips\": wanted fail, skip or keep; try 'millrace --help'\n", wrong_choice);
}

static void numbers_out_of_range(void)
{
    DIES(2, PARSE("-n", "0"));
    DIES(2, PARSE("-n", "101"));
    DIES(2, PARSE("-n", "-5"));
    DIES(2, PARSE("-n", "5x"));
    DIES(2, PARSE("-n", ""));
    DIES(2, PARSE("-n", "\t5"));
    DIES(2, PARSE("-n", "18446744073709551616"));
    DIES(2, PARSE("-r", "1.1"));
    DIES(2, PARSE("-r", "nan"));
    DIES(2, PARSE("-r", "inf"));
    DIES(2, PARSE("-r", " 1"));
    PARSE("-r", ".5", "-n", "100");
    NEAR(real, 0.5, 0);
    EQUAL(count, 100);
}

static void wrong_use(void)
{
    DIES(2, PARSE("--nope"));
    DIES(2, PARSE("--txet=1"));
    DIES(2, PARSE("-x"));
    DIES(2, PARSE("-fx"));
    DIES(2, PARSE("--flag=1"));
    DIES(2, PARSE("--text"));
    DIES(2, PARSE("-t"));
    DIES(2, PARSE("--=1"));
    DIES(2, PARSE("---"));
}

UNIT_MAIN(UNIT(every_kind), UNIT(sizes), UNIT(choices), UNIT(numbers_out_of_range), UNIT(wrong_use))
