// The methods of split: which rows of the interactions are held back.
//
//     struct split split = split_new(config);                               // dies with exit code 3 if the method or an argument is wrong
//     if (split.kind->learn != NULL)
//         split.kind->learn(split.state, spool);                            // passes through all rows, as often as it needs
//     split.kind->place(split.state, &frame, parts, &arena);                // parts[i] is SPLIT_TRAIN, SPLIT_VALID or SPLIT_TEST
//
// Frames are placed in the order of the rows. A method is one file with a struct split_kind, and one row in split_kinds (split.c).
#ifndef MODEL_SPLIT_H
#define MODEL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/config.h"
#include "common/stream/frame.h"
#include "common/stream/spool.h"

enum { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLIT_PARTS };

struct split_kind {
    const char *name, *arguments, *help;

    // Checks the arguments of config->split and makes the state; borrows the configuration.
    void *(*make)(const struct config *config);

    // Passes through all rows. NULL if rows are placed as they come.
    void (*learn)(void *state, struct spool *rows);

    // Places the rows of a frame. NULL if all rows stay where they are and nothing is held back.
    void (*place)(void *state, const struct frame *frame, uint8_t *parts, struct arena *arena);
};

struct split {
    const struct split_kind *kind;
    void *state;
};

extern const struct split_kind split_random, split_time, split_last, split_none;

struct split split_new(const struct config *config);

// For kinds: dies with exit code 3 if a call says neither test= nor valid=.
void split_check(const struct call *call);

// For kinds: the shares test= and valid= of a call, which must leave something (exit code 3).
struct split_shares {
    double test, valid;
};
struct split_shares split_shares(const struct call *call);

// For kinds: the column of times; dies with exit code 3 if [data] time names none. Times in the order of unsigned numbers.
const char *split_time_column(const struct config *config);
static inline uint64_t split_time_key(int64_t time)
{
    return (uint64_t)time ^ (uint64_t)1 << 63;
}

// The known methods, for --help.
void split_print_kinds(void);

#endif
