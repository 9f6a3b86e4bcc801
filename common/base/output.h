// The output of a stage: stdout, or a file that appears under its name complete or not at all.
//
//     struct output out = output_open("movies.index");     // writes movies.index.tmp
//     write(out.fd, ...)
//     output_close(&out);                                   // closes and renames, all checked
//
// "-" is stdout. A path that exists and is no regular file (a pipe, /dev/null) is written in place. A process that ends by
// `die` before output_close removes the temporary file. Every failure ends the process with exit code 1.
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
    const char *name;                // for messages; borrowed
    char *final_path, *temporary_path;  // owned; NULL if written in place
    int fd;
    FILE *file;                      // NULL unless output_file was called
};

struct output output_open(const char *path) __attribute__((warn_unused_result));

// Writes all of it.
void output_write(const struct output *output, const void *data, size_t length);

// The same as a stdio file with a large buffer, for text. Its errors are checked by output_close.
FILE *output_file(struct output *output);

void output_close(struct output *output);

#endif
