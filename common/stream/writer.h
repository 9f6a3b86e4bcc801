// Writes a stream of tables.
//
//     struct writer *out = writer_open("-", reader_header(in));    // this stage is added to the history
//     writer_put(out, &frame);                                     // the schema goes out before a table's first frame
//     writer_end(out);                                             // end record, flush, close, rename: all checked
//
// A path other than "-" is complete or not there at all (see base/output.h). A terminal is refused (exit code 2). Two frames
// of one table whose schemas differ are refused (exit code 3). Failing to write ends the process with exit code 1; a reader that went away, with
// SIGPIPE.
#ifndef STREAM_WRITER_H
#define STREAM_WRITER_H

#include "common/stream/builder.h"
#include "common/stream/header.h"

// `header` may be NULL: no configuration, no history yet.
struct writer *writer_open(const char *path, const struct header *header) __attribute__((warn_unused_result));

// The same without this stage in the history: for a stream that is copied, not made.
struct writer *writer_open_exact(const char *path, const struct header *header) __attribute__((warn_unused_result));

// writer_end waits until a power cut can do no harm to the file: see base/output.h.
void writer_durable(struct writer *writer);

// A frame whose columns pass 1 GiB is written as several of the same power of two of rows.
void writer_put(struct writer *writer, const struct frame *frame);

// The same in frames of at most 65,536 rows and about 8 MiB: for a table that was gathered whole.
void writer_put_sliced(struct writer *writer, const struct frame *frame);
void writer_end(struct writer *writer);

// Puts the builder's frame and empties the builder. A builder without rows announces its table.
void builder_flush(struct builder *builder, struct writer *writer);

#endif
