// Tables kept whole under their names.
//
//     struct tables old = {0};
//     while (reader_next(in, &frame)) tables_add(&old, &frame);
//     const struct frame *kernel = tables_find(&old, "param/", "query/0/kernel");     // NULL if it never came
//
// Holds them all: for the parameters and vocabularies of a model. Limits are those of a gather (builder.h).
#ifndef STREAM_TABLES_H
#define STREAM_TABLES_H

#include "common/stream/frame.h"

struct tables {
    struct gather **items;  // (n)
    size_t n, capacity;
};

void tables_add(struct tables *tables, const struct frame *frame);

// The table whose name is `prefix` and `name`, all rows in one frame; borrowed.
const struct frame *tables_find(const struct tables *tables, const char *prefix, const char *name);

void tables_free(struct tables *tables);

#endif
