// The bytes of a text file, as UTF-8.
//
//     struct source *source = source_open("u.item", true);      // Latin-1; "-" is stdin
//     while ((n = source_read(source, buffer, sizeof buffer)) > 0)
//         ...
//
// Latin-1 is converted on the way; UTF-8 passes as it is (the reader of rows checks it) but for a byte order mark at the
// start, which is left out. Failing to open or to read ends the process with exit code 1.
#ifndef TEXT_SOURCE_H
#define TEXT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct source *source_open(const char *path, bool latin1) __attribute__((warn_unused_result));

// At most n bytes (n >= 16); 0 at the end.
size_t source_read(struct source *source, char *into, size_t n);

// The name for messages: the path, or "<stdin>".
const char *source_name(const struct source *source);
void source_close(struct source *source);

#endif
