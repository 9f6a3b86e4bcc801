// The encoded columns of a side's table, feature/F and weight/F, gathered whole: what towers read of it.
//
//     struct encoded users = {0};
//     while (reader_next(in, &frame)) if (is_table(&frame, config->query.table)) encoded_add(&users, &frame);
//     const struct frame *all = encoded_frame(&users);      // NULL if the table never came
#ifndef MODEL_ENCODED_H
#define MODEL_ENCODED_H

#include "common/base/arena.h"
#include "common/stream/frame.h"

struct encoded {
    struct gather *gather;
    struct schema *schema;
    struct arena arena;
};

void encoded_add(struct encoded *encoded, const struct frame *frame);

// One frame of all rows, borrowed.
const struct frame *encoded_frame(const struct encoded *encoded);

void encoded_free(struct encoded *encoded);

#endif
