// The output of a stage: stdout, or a file that appears under its name complete or not at all.
//
//     struct output out = output_open("movies.index");     // writes movies.index.tmp-1f2e3d
//     write(out.fd, ...)
//     output_close(&out);                                   // closes and renames, all checked
//
// "-" is stdout. A path that exists and is no regular file (a pipe, /dev/null) is written in place; a symbolic link stays, and the
// file it leads to is replaced. The temporary file stands beside the final one and is this process's alone, so the last of several writers
// wins with a whole file. A process that ends by `die`, SIGTERM, SIGINT, SIGHUP, SIGPIPE or a mapped file that is cut before output_close removes
// it. Every failure ends the process with exit code 1, two outputs to one file with 2.
//
// A crash of the process leaves the old file. A power cut may leave an empty one, unless the output is durable: then the bytes are on the
// disk before the name leads to them. That waits for the disk, so it is for what cannot be made again in a moment.
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
    const char *name;                // for messages; borrowed
    char *final_path, *temporary_path;  // owned; NULL if written in place
    int fd;
    FILE *file;                      // NULL unless output_file was called
    bool durable;                    // may be set before output_close
};

struct output output_open(const char *path) __attribute__((warn_unused_result));

// Whether two paths lead to one regular file, or would. For standard streams give /dev/stdin and /dev/stdout.
bool output_same(const char *a, const char *b) __attribute__((warn_unused_result));

// Writes all of it.
void output_write(const struct output *output, const void *data, size_t length);

// The same as a stdio file with a large buffer, for text. Its errors are checked by output_close.
FILE *output_file(struct output *output);

void output_close(struct output *output);

// Removes the temporary files of all that was not closed. For handlers of signals that end the process.
void output_abandon(void);

#endif
