// How every stage begins and ends.
//
//     static const struct usage usage = {
//         .purpose = "put every row of a table through a tower, and add the vectors as a column",
//         .synopsis = "[-t TOWER] [--model FILE] [FILE]",
//         .example = "embed --tower candidate < trained.mp | index > movies.index",
//         .see_also = "train, index",
//     };
//     int main(int argc, char **argv)
//     {
//         const char *path = stage_begin(argc, argv, &usage, args);
//         ...
//         stage_end("rows=%zu", rows);
//     }
//
// stage_begin names the program, sets SIGPIPE to its default, parses the options (args.h), answers --help and --version,
// and bounds memory. No descriptor below 3 is ever given to another file. The main input is the one operand or, without it or with "-", stdin.
#ifndef BASE_STAGE_H
#define BASE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/args.h"

#define MILLRACE_VERSION "0.1.0"

struct usage {
    const char *purpose, *synopsis, *example, *see_also;
    size_t operands_max;     // 0 means the usual one, FILE
    bool no_output;          // there is no --output
    void (*more)(void);      // prints what else --help should say (tables of kinds), or NULL
};

// The common options, and what the process was called with.
struct stage {
    const char *output;      // --output; "-" is stdout
    struct arg_list set;     // --set section.key=value
    size_t memory_bytes;     // --memory
    bool verbose;            // --verbose
    const char **arguments;  // the words after the program's name, as given: for the history
    size_t n_arguments;
    const char *operands[8]; // operands in order
    size_t n_operands;
    const char *instead;     // what a user may have forgotten if nothing comes by the standard input, for that message; NULL: nothing
};

extern struct stage stage;

// Returns the path of the main input; "-" stands for stdin. Borrowed from argv.
const char *stage_begin(int argc, char **argv, const struct usage *usage, const struct arg *args);

// The end of a process that only printed: checks that stdout took all of it.
_Noreturn void stage_printed(void);

// The end of a process whose output is complete: prints the warnings that wait (die.h) and, with --verbose, one closing line on stderr of key=value
// words; seconds and rss_mib are added.
void stage_end(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The number of worker threads to use: when --threads was left 0, one a processor; at most POOL_THREADS_MAX.
size_t stage_threads(size_t asked);

#endif
