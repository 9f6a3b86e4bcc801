// An INI file as an ordered list of entries, with the places they came from. libinih does the parsing.
//
//     [section name]
//     key = value            ; a comment
//         more of the value, indented
//
// A key given twice in one section is an error, as is a line longer than libinih takes (INI_LINE_MAX): never cut.
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

enum { INI_LINE_MAX = 196, INI_SECTION_MAX = 49 };

struct ini_entry {
    const char *section, *key, *value;  // section "" before the first [section]
    uint64_t hash;                      // of section and key: thousands are looked up one by one
    const char *place;                  // "movies.ini:12" or "--set", for messages
};

struct ini {
    struct arena arena;
    const char *name;           // of the file, for messages; borrowed
    struct ini_entry *entries;  // (n), in order
    size_t n, capacity;
};

// Parses text; dies with exit code 3 and the line on malformed input. `name` is for messages.
void ini_parse_text(struct ini *ini, const char *text, const char *name);

// Reads a file whole (at most 1 MiB); dies if it cannot be read. Owned by the arena.
const char *ini_read_file(struct arena *arena, const char *path);

// The entry, or NULL. ini_get dies instead, with exit code 3.
const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *key);
const struct ini_entry *ini_get(const struct ini *ini, const char *section, const char *key);

// The names behind a prefix such as "table ", in order of appearance; *names (result) in the arena.
size_t ini_sections(struct ini *ini, const char *prefix, const char ***names);

// Changes the entry, or adds it at the end of its section.
void ini_set(struct ini *ini, const char *section, const char *key, const char *value, const char *place);

// Removes all entries of the section.
void ini_remove(struct ini *ini, const char *section);

// Whether INI text can hold the value: UTF-8 on one line, without " ;", which begins a comment, and no word longer than a line takes.
bool ini_can_hold(const char *value);

// The whole as INI text, sections and keys in order, in the arena; long values continue on indented lines. Parsed again, it gives
// the same entries.
const char *ini_text(struct ini *ini);

#endif
