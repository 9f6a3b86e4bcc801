// The parameters of a model as they come out of a stream and go into one: tables param/NAME and slot/NAME.
//
//     struct store store = {0};
//     store_add(&store, param);                             // each once, under its name
//     while (reader_next(in, &frame))
//         store_takes(&store, &frame, STORE_VALUES);        // gathered
//     store_settle(&store, i, source);                      // moved into the i-th parameter, once that has its shape
//     store_write(&store, out, source);
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/model/param.h"
#include "common/stream/frame.h"
#include "common/stream/writer.h"

enum store_kind { STORE_VALUES, STORE_SLOTS, STORE_KINDS };

struct store {
    struct param **params;        // (n)
    size_t n, capacity;
    struct arrival {
        struct gather *came[STORE_KINDS];
        bool unwanted;            // passed over, and not missed
    } *arrivals;                  // (n)
    size_t arrivals_capacity;
    char *stranger;               // the first table that came and belongs to no parameter; NULL: none did
    size_t n_strangers;
};

// The parameter stays the caller's, but for its numbers: store_free releases those.
void store_add(struct store *store, struct param *param);

// Takes a frame of param/NAME or slot/NAME; false, and nothing done, for other tables. One that belongs to no parameter
// is counted, and left out.
bool store_takes(struct store *store, const struct frame *frame, enum store_kind kind);

// Warns of what was left out. For who has found all that is wanted; before, the want is the message.
void store_warn(const struct store *store, const char *source);

// The type of the values that came for the i-th parameter; false if none came.
bool store_type(const struct store *store, size_t i, struct type *type);

// Moves what came into the i-th parameter; false if no values came. Its width is set, and its rows, or these are 0 and will be as many as
// came. Dies with exit code 3 if what came has another shape or is not sound (param_check); `source` names the stream.
bool store_settle(struct store *store, size_t i, const char *source);

// Writes them all; dies before if one is not sound. `source` says what they are, in messages.
void store_write(const struct store *store, struct writer *out, const char *source);
void store_free(struct store *store);

#endif
