// Reads a stream of tables, frame by frame, and believes nothing.
//
//     struct reader *in = reader_open("-");                 // or a path
//     struct frame frame;
//     while (reader_next(in, &frame))
//         ...                                               // frame is valid until the next call
//
// reader_next returns false in one case only: the end record was read, its row counts and its checksum are right, and
// nothing but another complete stream follows (streams concatenate: `cat a.mp b.mp`). Anything else ends the process:
// exit code 1 if reading failed, 3 if the bytes are wrong, with the file, the frame and what was wanted. So whatever a
// stage writes after its loop is written only if its input was complete.
//
// A table is announced by one frame of 0 rows, which carries its schema, before its first rows; a table without
// rows is announced all the same. So a stage that forwards every frame forwards empty tables too.
//
// Checked in every frame: sizes against rows and types, list and text offsets (from 0, never falling, the last one equal
// to the values), UTF-8. Not checked, since it means nothing here: the values themselves.
#ifndef STREAM_READER_H
#define STREAM_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/stream/frame.h"
#include "common/stream/header.h"

// Opens the stream and checks its header. "-" is stdin.
struct reader *reader_open(const char *path) __attribute__((warn_unused_result));

// Maps a file instead of reading it: frames point into the file and stay valid until reader_close; pages are
// shared between processes. The checksum is not computed and numbers are not touched (that would read every page, and an
// index is mostly vectors); everything else is checked, texts too. A column that is not aligned in the file, as in
// streams that were concatenated, is copied. A file that is cut while it is mapped ends the process with exit code 1.
struct reader *reader_map(const char *path) __attribute__((warn_unused_result));

// Maps a regular file, and opens anything else; *mapped says which. For state of which little may be read.
struct reader *reader_map_or_open(const char *path, bool *mapped) __attribute__((warn_unused_result));

const struct header *reader_header(const struct reader *reader);

// Changes the configuration that reader_header hands on; borrowed.
void reader_set_config(struct reader *reader, const char *config);

bool reader_next(struct reader *reader, struct frame *frame) __attribute__((warn_unused_result));

// Dies with exit code 3, saying which tables came, unless this one was announced. For after the end.
//   why  what brings it: "wanted a stream of 'tokenize'"
void reader_wants(const struct reader *reader, const char *table, const char *why);

// The name for messages: the path, or "<stdin>".
const char *reader_name(const struct reader *reader);

// Bytes consumed so far.
uint64_t reader_bytes(const struct reader *reader);
void reader_close(struct reader *reader);

#endif
