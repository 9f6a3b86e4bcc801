// Frames put aside until it is their turn, in memory up to a limit and then in an unlinked temporary file.
//
//     struct spool *later = spool_new(memory_bytes);
//     spool_put(later, &frame);
//     ...
//     spool_rewind(later);
//     while (spool_next(later, &frame))                // valid until the next call
//         writer_put(out, &frame);
//     spool_free(later);
//
// The file is made in $TMPDIR or /tmp and has no name, so nothing is left behind however the process ends. No room
// left there ends the process with exit code 1. May be rewound and read as often as wanted; nothing is added after that.
#ifndef STREAM_SPOOL_H
#define STREAM_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stream/frame.h"

struct spool *spool_new(size_t memory_bytes) __attribute__((warn_unused_result));
void spool_put(struct spool *spool, const struct frame *frame);
void spool_rewind(struct spool *spool);
bool spool_next(struct spool *spool, struct frame *frame) __attribute__((warn_unused_result));
size_t spool_rows(const struct spool *spool);
void spool_free(struct spool *spool);

#endif
