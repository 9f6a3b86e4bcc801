// A replaceable part as it stands in the configuration: "name(argument, key=value, ...)".
//
//     struct call call = call_parse(arena, "softmax(temperature=0.1)", place);
//     double temperature = call_real(&call, "temperature", 1, 1e-6, 1e6);
//     call_known(&call, "temperature,hard");              // dies if it has an argument that is not in the list
//
// Every accessor dies with exit code 3 and the place of the call if the value does not fit.
#ifndef CONFIG_CALL_H
#define CONFIG_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

struct call_arg {
    const char *key, *value;  // key NULL: by position
};

struct call {
    const char *name, *place;
    struct call_arg *args;  // (n)
    size_t n;
};

enum { CALL_ARGS_MAX = 256, CALLS_MAX = 4096 };  // beyond these, exit code 3

// One call. "name" alone is a call without arguments. Values are words, numbers, or nested calls kept as text.
struct call call_parse(struct arena *arena, const char *text, const char *place);

// A comma-separated list of calls (or plain names): *calls is (result), in the arena. An empty text has none.
size_t call_list(struct arena *arena, const char *text, const char *place, struct call **calls);

// Argument by key or, if it has none of that key, NULL; the i-th argument by position, or NULL.
const char *call_text(const struct call *call, const char *key);
const char *call_position(const struct call *call, size_t i);

double call_real(const struct call *call, const char *key, double otherwise, double low, double high);
size_t call_count(const struct call *call, const char *key, size_t otherwise, size_t low, size_t high);
bool call_flag(const struct call *call, const char *key, bool otherwise);  // yes or no

// Dies unless every key is in the comma-separated list and there are at most `positions` arguments by position.
void call_known(const struct call *call, const char *keys, size_t positions);

// The same readings for a plain value.
double value_real(const char *text, const char *what, const char *place, double low, double high);
size_t value_count(const char *text, const char *what, const char *place, size_t low, size_t high);
bool value_flag(const char *text, const char *what, const char *place);


// The parts of "(0, 1, 2.5)", or the one of a plain value; *parts is (result), in the arena.
size_t value_parts(struct arena *arena, const char *text, const char ***parts);

#endif
