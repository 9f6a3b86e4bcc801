// An INI file as an ordered list of entries, with the places they came from. libinih does the parsing.
//
//     [section name]
//     key = value            ; a comment
//         more of the value, indented
//
// A key given twice in one section is an error, as is a line longer than libinih takes (INI_LINE_MAX): never cut.
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stddef.h>

#include "common/base/arena.h"

enum { INI_LINE_MAX = 196 };

struct ini_entry {
    const char *section, *key, *value;  // section "" before the first [section]
    const char *place;                  // "movies.ini:12" or "--set", for messages
};

struct ini {
    struct arena arena;
    struct ini_entry *entries;  // (n), in order
    size_t n, capacity;
};

// Parses text; dies with exit code 3 and the line on malformed input. `name` is for messages.
void ini_parse_text(struct ini *ini, const char *text, const char *name);

// Reads a file whole (at most 1 MiB); dies if it cannot be read. Owned by the arena.
const char *ini_read_file(struct arena *arena, const char *path);

const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *key);

// Changes the entry, or adds it at the end of its section.
void ini_set(struct ini *ini, const char *section, const char *key, const char *value, const char *place);

// The whole as INI text, sections and keys in order, in the arena; long values continue on indented lines.
const char *ini_text(struct ini *ini);

#endif
