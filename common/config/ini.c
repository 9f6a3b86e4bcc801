#include "common/config/ini.h"

#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/utf8.h"

enum { FILE_BYTES_MAX = 1 << 20, NAME_MAX_INIH = 49 };

struct parse {
    struct ini *ini;
    const char *name, *rest;
    int line;
    bool continued;  // the line began with white space
};

// What libinih calls for the next line, like fgets. Counts lines, which its handler is not told, and refuses what it would cut.
static char *next_line(char *into, int size, void *context)
{
    struct parse *parse = context;
    if (*parse->rest == '\0')
        return NULL;
    size_t length = strcspn(parse->rest, "\n");
    parse->line++;
    if (length > INI_LINE_MAX || length + 2 > (size_t)size)
        die(EXIT_INPUT, "%s:%d: a line of %zu bytes: %d is the limit; long values continue on indented lines", parse->name,
            parse->line, length, INI_LINE_MAX);
    if (parse->rest[0] == '[' && length > NAME_MAX_INIH + 2)
        die(EXIT_INPUT, "%s:%d: a section's name of more than %d bytes", parse->name, parse->line, NAME_MAX_INIH);
    if (!utf8_valid(parse->rest, length, NULL))
        die(EXIT_INPUT, "%s:%d: invalid UTF-8", parse->name, parse->line);
    parse->continued = parse->rest[0] == ' ' || parse->rest[0] == '\t';
    memcpy(into, parse->rest, length);
    into[length] = '\n';
    into[length + 1] = '\0';
    parse->rest += length + (parse->rest[length] == '\n');
    return into;
}

static void append(struct ini *ini, const char *section, const char *key, const char *value, const char *place, size_t at)
{
    ini->entries = memory_grow(ini->entries, &ini->capacity, ini->n + 1, sizeof *ini->entries);
    memmove(ini->entries + at + 1, ini->entries + at, (ini->n - at) * sizeof *ini->entries);
    ini->entries[at] = (struct ini_entry){
        arena_text(&ini->arena, section, strlen(section)), arena_text(&ini->arena, key, strlen(key)),
        arena_text(&ini->arena, value, strlen(value)), place};
    ini->n++;
}

static int take_entry(void *context, const char *section, const char *key, const char *value)
{
    struct parse *parse = context;
    struct ini *ini = parse->ini;
    if (parse->continued && ini->n > 0) {
        struct ini_entry *last = &ini->entries[ini->n - 1];
        if (strcmp(last->key, key) == 0 && strcmp(last->section, section) == 0) {
            last->value = arena_printf(&ini->arena, "%s%s%s", last->value, last->value[0] != '\0' ? " " : "", value);
            return 1;
        }
    }
    const struct ini_entry *before = ini_find(ini, section, key);
    if (before != NULL)
        die(EXIT_INPUT, "%s:%d: [%s] %s is given twice, first at %s", parse->name, parse->line, section, key, before->place);
    append(ini, section, key, value, arena_printf(&ini->arena, "%s:%d", parse->name, parse->line), ini->n);
    return 1;
}

void ini_parse_text(struct ini *ini, const char *text, const char *name)
{
    struct parse parse = {.ini = ini, .name = name, .rest = text};
    int line = ini_parse_stream(next_line, &parse, take_entry, &parse);
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
    for (size_t i = 0; i < ini->n; i++)
        if (strcmp(ini->entries[i].key, key) == 0 && strcmp(ini->entries[i].section, section) == 0)
            return &ini->entries[i];
    return NULL;
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

// A value broken at spaces, so that no line is longer than libinih takes.
static void add_value(struct bytes *text, const char *value)
{
    enum { LINE = 120 };
    while (strlen(value) > LINE) {
        size_t cut = LINE;
        while (cut > 0 && value[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        bytes_printf(text, "%.*s\n    ", (int)cut, value);
        value += cut + 1;
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
        bytes_printf(&text, "%s = ", entry->key);
        add_value(&text, entry->value);
    }
    const char *copy = arena_text(&ini->arena, text.data, text.length);
    free(text.data);
    return copy;
}
