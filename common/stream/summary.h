// What a stream holds, for people: the commands that made it and, for each table, how much and of what.
//
//     struct summary summary = {0};
//     while (reader_next(in, &frame)) summary_add(&summary, &frame);
//     summary_print(&summary, reader_header(in), reader_bytes(in), NULL, stdout);
#ifndef STREAM_SUMMARY_H
#define STREAM_SUMMARY_H

#include <stdint.h>
#include <stdio.h>

#include "common/stream/frame.h"
#include "common/stream/header.h"

struct summary {
    struct summary_table {
        struct schema *schema;
        uint64_t rows, bytes;
        size_t frames;
    } *tables;                    // (n) in the order in which they came
    size_t n, capacity;
    struct arena arena;
};

// Returns the place of the frame's table.
size_t summary_add(struct summary *summary, const struct frame *frame);

//   table  only this one; NULL: all
void summary_print(const struct summary *summary, const struct header *header, uint64_t stream_bytes, const char *table, FILE *out);

void summary_free(struct summary *summary);

#endif
