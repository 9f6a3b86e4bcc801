#define _POSIX_C_SOURCE 200809L  // strnlen
#include "common/config/ini.h"

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/base/utf8.h"

enum { FILE_BYTES_MAX = 1 << 20, ENTRIES_MAX = 16384, LINE_BYTES = 120, VALUE_BYTES_MAX = 170 };

struct parse {
    struct ini *ini;
    const char *rest;
    int line;
    bool indented, in_section;  // of the line being parsed; in_section: a key stands before it in its section
    struct bytes value;         // of the entry being parsed, if it is continued: given to it when it is whole
    int depth;                  // parentheses that it leaves open
};

// A character that would act on a terminal rather than be shown: C0 but tab and the return before a line's end, DEL, and C1.
static bool has_control(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i], next = i + 1 < length ? (unsigned char)line[i + 1] : 0;
        if ((c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == length)) || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
            return true;
    }
    return false;
}

// What libinih calls for the next line, like fgets. Counts lines, which its handler is not told, and refuses what it would cut.
static char *next_line(char *into, int size, void *context)
{
    struct parse *parse = context;
    const char *name = parse->ini->name;
    if (*parse->rest == '\0')
        return NULL;
    size_t length = strcspn(parse->rest, "\n");
    parse->line++;
    if (length > INI_LINE_MAX || length + 2 > (size_t)size)
        die(EXIT_INPUT, "%s:%d: a line of %zu bytes: %d is the limit; long values continue on indented lines", name,
            parse->line, length, INI_LINE_MAX);
    if (has_control(parse->rest, length))
        die(EXIT_INPUT, "%s:%d: a control character", name, parse->line);
    if (!utf8_valid(parse->rest, length, NULL))
        die(EXIT_INPUT, "%s:%d: invalid UTF-8", name, parse->line);
    size_t indent = strspn(parse->rest, " \t");
    parse->indented = indent > 0;
    if (parse->rest[indent] == '[' && !(parse->indented && parse->in_section)) {
        parse->in_section = false;
        if (length - indent > INI_SECTION_MAX + 2)
            die(EXIT_INPUT, "%s:%d: a section's name of more than %d bytes", name, parse->line, INI_SECTION_MAX);
    }
    memcpy(into, parse->rest, length);
    into[length] = '\n';
    into[length + 1] = '\0';
    parse->rest += length + (parse->rest[length] == '\n');
    return into;
}

static uint64_t hash_of(const char *section, const char *key)
{
    return rng_fnv(rng_fnv(FNV_START, section, strlen(section) + 1), key, strlen(key));
}

static void append(struct ini *ini, const char *section, const char *key, const char *value, const char *place, size_t at)
{
    if (ini->n >= ENTRIES_MAX)  // keys are looked up one by one
        die(EXIT_INPUT, "%s: more than %d keys", place, ENTRIES_MAX);
    ini->entries = memory_grow(ini->entries, &ini->capacity, ini->n + 1, sizeof *ini->entries);
    memmove(ini->entries + at + 1, ini->entries + at, (ini->n - at) * sizeof *ini->entries);
    ini->entries[at] = (struct ini_entry){
        arena_text(&ini->arena, section, strlen(section)), arena_text(&ini->arena, key, strlen(key)),
        arena_text(&ini->arena, value, strlen(value)), hash_of(section, key), place};
    ini->n++;
}

// Whether a line that continues a value rather looks like a key of its own: "name = ..." outside any parentheses.
static bool looks_like_key(int depth, const char *line)
{
    size_t name = 0;
    while (islower((unsigned char)line[name]) || line[name] == '_')
        name++;
    return depth == 0 && name > 0 && line[name + strspn(line + name, " \t")] == '=';
}

static int open_parentheses(const char *text)
{
    int depth = 0;
    for (; *text != '\0'; text++)
        depth += (*text == '(') - (*text == ')');
    return depth;
}

static void settle(struct parse *parse)
{
    struct ini *ini = parse->ini;
    if (parse->value.length > 0)
        ini->entries[ini->n - 1].value = arena_text(&ini->arena, parse->value.data, parse->value.length);
    parse->value.length = 0;
}

static void continue_value(struct parse *parse, const struct ini_entry *entry, const char *more)
{
    if (parse->value.length == 0) {
        bytes_add(&parse->value, entry->value, strlen(entry->value));
        parse->depth = open_parentheses(entry->value);
    }
    if (looks_like_key(parse->depth, more))
        die(EXIT_INPUT, "%s:%d: an indented line continues the value of %s, found %s: a key begins at the line's start", parse->ini->name,
            parse->line, entry->key, quoted_text(more));
    // Unlike a key's own line, libinih leaves the comment on it.
    const char *comment = strstr(more, " ;"), *tab = strstr(more, "\t;");
    if (comment == NULL || (tab != NULL && tab < comment))
        comment = tab;
    size_t length = comment != NULL ? (size_t)(comment - more) : strlen(more);
    while (length > 0 && isspace((unsigned char)more[length - 1]))
        length--;
    if (length == 0)
        return;
    bytes_printf(&parse->value, "%s%.*s", parse->value.length > 0 ? " " : "", (int)length, more);
    parse->depth += open_parentheses(parse->value.data + parse->value.length - length);
}

static int take_entry(void *context, const char *section, const char *key, const char *value)
{
    struct parse *parse = context;
    struct ini *ini = parse->ini;
    if (parse->indented && parse->in_section) {
        continue_value(parse, &ini->entries[ini->n - 1], value);
        return 1;
    }
    settle(parse);
    parse->in_section = true;
    const struct ini_entry *before = ini_find(ini, section, key);
    if (before != NULL)
        die(EXIT_INPUT, "%s:%d: [%s] %s is given twice, first at %s", ini->name, parse->line, section, key, before->place);
    append(ini, section, key, value, arena_printf(&ini->arena, "%s:%d", ini->name, parse->line), ini->n);
    return 1;
}

void ini_parse_text(struct ini *ini, const char *text, const char *name)
{
    struct parse parse = {.ini = ini, .rest = text};
    ini->name = name;
    int line = ini_parse_stream(next_line, &parse, take_entry, &parse);
    settle(&parse);
    free(parse.value.data);
    if (line != 0)
        die(EXIT_INPUT, "%s:%d: wanted [section], key = value, or a comment", name, line);
}

const char *ini_read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die(EXIT_WORLD, "open %s:", path);
    char *text = arena_array(arena, FILE_BYTES_MAX + 2, 1);
    size_t n = fread(text, 1, FILE_BYTES_MAX + 1, file);
    if (ferror(file))
        die(EXIT_WORLD, "read %s:", path);
    if (n > FILE_BYTES_MAX)
        die(EXIT_INPUT, "%s: a configuration of more than 1 MiB", path);
    fclose(file);
    text[n] = '\0';
    if (strlen(text) != n)
        die(EXIT_INPUT, "%s: a zero byte at offset %zu: no configuration", path, strlen(text));
    return text;
}

const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *key)
{
    uint64_t hash = hash_of(section, key);
    for (size_t i = 0; i < ini->n; i++)
        if (ini->entries[i].hash == hash && strcmp(ini->entries[i].key, key) == 0 && strcmp(ini->entries[i].section, section) == 0)
            return &ini->entries[i];
    return NULL;
}

const struct ini_entry *ini_get(const struct ini *ini, const char *section, const char *key)
{
    const struct ini_entry *entry = ini_find(ini, section, key);
    if (entry == NULL)
        die(EXIT_INPUT, "%s: [%s] has no %s", ini->name, section, key);
    return entry;
}

size_t ini_sections(struct ini *ini, const char *prefix, const char ***names)
{
    size_t n = 0, length = strlen(prefix);
    *names = arena_array(&ini->arena, ini->n + 1, sizeof **names);
    for (size_t i = 0; i < ini->n; i++) {
        const char *section = ini->entries[i].section;
        if (strncmp(section, prefix, length) != 0)
            continue;
        size_t seen = 0;
        while (seen < n && strcmp((*names)[seen], section + length) != 0)
            seen++;
        if (seen == n)
            (*names)[n++] = section + length;
    }
    return n;
}

void ini_set(struct ini *ini, const char *section, const char *key, const char *value, const char *place)
{
    size_t at = strcmp(section, "") == 0 ? 0 : ini->n;
    for (size_t i = 0; i < ini->n; i++) {
        if (strcmp(ini->entries[i].section, section) != 0)
            continue;
        at = i + 1;
        if (strcmp(ini->entries[i].key, key) == 0) {
            ini->entries[i].value = arena_text(&ini->arena, value, strlen(value));
            ini->entries[i].place = place;
            return;
        }
    }
    append(ini, section, key, value, place, at);
}

void ini_remove(struct ini *ini, const char *section)
{
    size_t kept = 0;
    for (size_t i = 0; i < ini->n; i++)
        if (strcmp(ini->entries[i].section, section) != 0)
            ini->entries[kept++] = ini->entries[i];
    ini->n = kept;
}

// Whether the text may be broken at its i-th byte: a single space before a word that begins neither a comment nor a key.
static bool can_break(const char *value, size_t i)
{
    return value[i] == ' ' && value[i - 1] != ' ' && value[i + 1] != ' ' && value[i + 1] != '#' && value[i + 1] != ';' &&
           !looks_like_key(0, value + i + 1);
}

// Where to break a long value: at the last place before LINE_BYTES, or the first after it, or SIZE_MAX.
static size_t break_at(const char *value)
{
    for (size_t i = LINE_BYTES; i > 0; i--)
        if (can_break(value, i))
            return i;
    for (size_t i = LINE_BYTES + 1; value[i] != '\0'; i++)
        if (can_break(value, i))
            return i;
    return SIZE_MAX;
}

// The length of the first line of a value.
static size_t first_line(const char *value)
{
    size_t cut = strnlen(value, LINE_BYTES + 1) > LINE_BYTES ? break_at(value) : SIZE_MAX;
    return cut != SIZE_MAX ? cut : strlen(value);
}

bool ini_can_hold(const char *value)
{
    size_t n = strlen(value);
    if (!utf8_valid(value, n, NULL) || strpbrk(value, "\n\r\t\v\f") != NULL || strstr(value, " ;") != NULL || value[0] == ';')
        return false;
    if (n > 0 && (value[0] == ' ' || value[n - 1] == ' '))
        return false;
    for (size_t line; *value != '\0'; value += line + (value[line] == ' '))
        if ((line = first_line(value)) > VALUE_BYTES_MAX)
            return false;
    return true;
}

// A value broken at spaces, so that no line is longer than libinih takes.
static void add_value(struct bytes *text, const char *value)
{
    for (size_t line = first_line(value); value[line] != '\0'; line = first_line(value)) {
        bytes_printf(text, "%.*s\n    ", (int)line, value);
        value += line + 1;
    }
    bytes_printf(text, "%s\n", value);
}

const char *ini_text(struct ini *ini)
{
    struct bytes text = {0};
    const char *section = "";
    for (size_t i = 0; i < ini->n; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        if (strcmp(section, entry->section) != 0)
            bytes_printf(&text, "%s[%s]\n", text.length > 0 ? "\n" : "", entry->section);
        section = entry->section;
        if (!ini_can_hold(entry->value))
            die(EXIT_INPUT, "%s: [%s] %s is %s: it cannot stand in an INI file (%d bytes a word, no \" ;\")", entry->place,
                entry->section, entry->key, quoted_text(entry->value), VALUE_BYTES_MAX);
        bytes_printf(&text, "%s = ", entry->key);
        add_value(&text, entry->value);
    }
    const char *copy = arena_text(&ini->arena, text.data, text.length);
    free(text.data);
    return copy;
}
