// Command-line options: one table parses them, checks their ranges and prints --help.
//
//     static const char *tower_name = "candidate";
//     static size_t rows_max;
//
//     static const struct arg args[] = {
//         ARG_TEXT('t', "tower", &tower_name, "NAME", "the tower to use"),
//         ARG_COUNT('n', "rows", &rows_max, 0, 1000000, "N", "stop after so many rows; 0: never"),
//         ARG_END
//     };
//
// The value a variable has before parsing is its default, and is printed as such. Every stage also takes the common
// options (see stage.h): --output, --set, --memory, --quiet, --verbose, --help, --version.
#ifndef BASE_ARGS_H
#define BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arg_kind { ARG_KIND_END, ARG_KIND_FLAG, ARG_KIND_TEXT, ARG_KIND_CHOICE, ARG_KIND_COUNT, ARG_KIND_REAL, ARG_KIND_BYTES, ARG_KIND_LIST };

struct arg {
    enum arg_kind kind;
    char letter;         // 0: none
    const char *name;
    void *value;         // bool, const char *, const char *, size_t, double, size_t or struct arg_list
    double low, high;    // inclusive, for ARG_COUNT and ARG_REAL
    const char *holder;  // what --help prints for the value
    const char *help;
};

// The values of an option that may be given several times, in order; borrowed from argv.
struct arg_list {
    const char **items;
    size_t n;
};

#define ARG_FLAG(letter, name, value, help) {ARG_KIND_FLAG, letter, name, value, 0, 0, NULL, help}
#define ARG_TEXT(letter, name, value, holder, help) {ARG_KIND_TEXT, letter, name, value, 0, 0, holder, help}
// One of some words, which `words` has with bars between them: "fail|skip".
#define ARG_CHOICE(letter, name, value, words, help) {ARG_KIND_CHOICE, letter, name, value, 0, 0, words, help}
#define ARG_COUNT(letter, name, value, low, high, holder, help) {ARG_KIND_COUNT, letter, name, value, low, high, holder, help}
#define ARG_REAL(letter, name, value, low, high, holder, help) {ARG_KIND_REAL, letter, name, value, low, high, holder, help}
// A size in bytes: 100, 64K, 512M, 4G.
#define ARG_BYTES(letter, name, value, holder, help) {ARG_KIND_BYTES, letter, name, value, 0, 0, holder, help}
#define ARG_LIST(letter, name, value, holder, help) {ARG_KIND_LIST, letter, name, value, 0, 0, holder, help}
#define ARG_END {ARG_KIND_END, 0, NULL, NULL, 0, 0, NULL, NULL}

// Parses argv against the tables (n_tables of them, each ended by ARG_END). Operands are moved to the front of argv[1..]
// and counted in the result. Ends the process with exit code 2 and one line for an unknown option (naming the nearest one, or the one
// whose value is called so), a missing or malformed value, or one out of range. "--" ends the options.
size_t args_parse(int argc, char **argv, const struct arg *const *tables, size_t n_tables);

// Prints the options of one table, with defaults, on stdout.
void args_print(const struct arg *table);

#endif
