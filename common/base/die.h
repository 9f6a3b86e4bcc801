// The one way out: messages on stderr and exit codes.
//
//     die(EXIT_INPUT, "%s: line %zu: %zu fields, wanted %zu", path, line, found, wanted);
//     die(EXIT_WORLD, "open %s:", path);            // ends in ':': strerror(errno) is appended
//
// Every message is one line "program: text", lower case, no full stop; what acts on a terminal or cannot be seen is printed as \xNN.
// Bytes that came from outside go through `quoted`, which leaves nothing but ASCII.
#ifndef BASE_DIE_H
#define BASE_DIE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    EXIT_WORLD = 1,  // open, read, write, memory: an operator's matter
    EXIT_USAGE = 2,  // wrong options: a caller's matter
    EXIT_INPUT = 3,  // bad input: look upstream
};

// The name that begins every message; set once by stage_begin. Borrowed for the life of the process.
extern const char *program_name;

// From any thread; of several that die at once one is heard.
_Noreturn void die(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same for the handler of a signal that a fault of several threads may send at once: calls nothing that is not allowed there, and so leaves
// unfinished outputs to the caller (output_abandon).
_Noreturn void die_in_handler(int code, const char *message);

// For options that do not go together or cannot be: exit code 2, and "; try 'rank --help'" behind the message.
_Noreturn void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

// For a process that outlives the mistakes of those it answers: within a guard, die() of the same thread prints nothing and comes back.
//
//     struct die_guard guard;
//     if (die_guarded(&guard, answer, &request))
//         ...
//     else
//         refuse(guard.code, guard.message);
//
// What `run` took by malloc before it died is lost: let it allocate from an arena of the caller's, and check first what a client can get wrong often.
// Guards nest. The message is one line, made visible as any other.
struct die_guard {
    int code;
    char message[1024];
};

// Calls run(context). False if it died, and then the guard says why.
bool die_guarded(struct die_guard *guard, void (*run)(void *context), void *context) __attribute__((warn_unused_result));

// Whether a line of progress stands on the terminal; the next message wipes it.
extern bool message_wipes_line;

// For what a user should know though the result stands: kept, and printed by warnings_print once it does (stage_end calls it). A process that
// dies has no result, and its error is the only line; so has what dies within a guard. A thread keeps and prints its own.
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnings_print(void);

// Prints a message at once and goes on: for a process that has no end to wait for.
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Untrusted bytes made printable: in double quotes, all but printable ASCII as \xNN, cut to 60 bytes with "...". The result lives in one of
// eight static buffers of the calling thread.
const char *quoted(const void *bytes, size_t length);
const char *quoted_text(const char *text);

// The known word nearest to `word` by edit distance, or NULL if none is near enough to suggest.
//   words  n of them, borrowed
const char *nearest_word(const char *word, const char *const *words, size_t n);

// The end of a message about a word that is none of these: ', did you mean "query"' or, if none is near, ': wanted "query" or "candidate"', as many
// as go into a line. Nothing if there are none. In a static buffer.
const char *did_you_mean(const char *word, const char *const *words, size_t n);

#endif
