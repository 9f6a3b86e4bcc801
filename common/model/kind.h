// Replaceable parts: what every kind (of layer, loss, optimiser, initialiser) says of its arguments, and how a call is read by it.
//
//     static const struct kind_arg args[] = {
//         {"lr", KIND_REAL, 0.1, 0, 1e6, "learning rate"},
//         {"nesterov", KIND_FLAG, 0, 0, 1, "look ahead"},
//         {NULL},
//     };
//     double values[KIND_ARGS_MAX];
//     kind_read(&call, args, values);             // "sgd(0.1, nesterov=yes)": values {0.1, 1}
//
// An argument is given by name or by its place in the table.
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "common/config/call.h"

enum { KIND_ARGS_MAX = 12, KINDS_MAX = 32 };

// The least that is added to what numbers are divided by, so that it is not 0 in float.
#define KIND_EPSILON_MIN 1e-30

// KIND_CALL: a number, or a nested call whose value is NaN here and whose text kind_text gives. KIND_WORD: a word or a call, which kind_text
// gives; its help says what stands there if it is left out. KIND_BELOW: a number from low to below high.
enum kind_type { KIND_REAL, KIND_BELOW, KIND_COUNT, KIND_FLAG, KIND_CALL, KIND_WORD };

struct kind_arg {
    const char *name;  // NULL ends the table
    enum kind_type type;
    double otherwise, low, high;  // otherwise NaN: must be given
    const char *help;
};

// Reads the call's arguments into values (KIND_ARGS_MAX), in the order of the table, defaults filled in. Ends the process
// with exit code 3 and the place of the call for an unknown argument or a value out of range.
void kind_read(const struct call *call, const struct kind_arg *args, double *values);

// The text of the i-th argument of the table, given by name or by place; NULL if it is left out.
const char *kind_text(const struct call *call, const struct kind_arg *args, size_t i);

// Ends the process with exit code 3: there is no `what` of the call's name; the nearest of the n names is suggested.
_Noreturn void kind_unknown(const struct call *call, const char *what, const char *const *names, size_t n);

// Sets `found` to the kind of the call's name in a table that ends with NULL; ends the process by kind_unknown if it has none. A macro, since each
// table is of a struct of its own.
#define KIND_FIND(found, call, what, kinds) \
    do { \
        const char *names_[KINDS_MAX]; \
        size_t n_ = 0; \
        for (; (kinds)[n_] != NULL && strcmp((kinds)[n_]->name, (call)->name) != 0; n_++) { \
            assert(n_ < KINDS_MAX); \
            names_[n_] = (kinds)[n_]->name; \
        } \
        (found) = (kinds)[n_]; \
        if ((found) == NULL) \
            kind_unknown(call, what, names_, n_); \
    } while (0)

// Prints the name and the arguments, with defaults and meanings, on stdout.
void kind_print(const char *name, const char *help, const struct kind_arg *args);

#endif
