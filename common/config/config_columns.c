// How the columns of a table are written, and what they are where the file's header says it.
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/config/config_tables.h"

size_t config_one_of(const struct ini_entry *entry, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(entry->value, words[i]) == 0)
            return i;
    struct bytes list = {0};
    for (size_t i = 0; i < n; i++)
        bytes_printf(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
    die(EXIT_INPUT, "%s: %s is %s, wanted %s", entry->place, entry->key, quoted_text(entry->value), list.data);
}

const char *config_trimmed(struct arena *arena, const char *from, size_t length)
{
    while (length > 0 && from[0] == ' ') {
        from++;
        length--;
    }
    while (length > 0 && from[length - 1] == ' ')
        length--;
    return arena_text(arena, from, length);
}

const struct config_column *config_column(const struct config_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].kind != COLUMN_SKIP && strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

// The type behind the colon, "list(|)" or a word.
static void parse_kind(struct config *c, struct config_column *column, const char *type, const char *place)
{
    static const char *const kinds[] = {"str", "i64", "f32", "f64", "time", "list(SEPARATOR)"};
    if (strncmp(type, "list(", 5) == 0 && strlen(type) == 7 && type[6] == ')' && strchr("()", type[5]) == NULL) {
        column->kind = COLUMN_LIST;
        column->separator = type[5];
        return;
    }
    column->optional = strcmp(type, "f32?") == 0 || strcmp(type, "f64?") == 0;
    if (column->optional)
        type = type[1] == '3' ? "f32" : "f64";
    struct ini_entry entry = {.key = arena_printf(&c->ini.arena, "type of %s", column->name), .value = type, .place = place};
    size_t kind = config_one_of(&entry, kinds, sizeof kinds / sizeof *kinds);
    if (kind == COLUMN_LIST)
        die(EXIT_INPUT, "%s: %s is %s, wanted list(SEPARATOR) with one byte as separator, such as list(|)", place, entry.key,
            quoted_text(type));
    column->kind = (enum column_kind)kind;
}

// One "name", "name:type", "-" or "...".
static void parse_column(struct config *c, struct config_table *table, const char *text, const char *place)
{
    if (table->rest_ignored)
        die(EXIT_INPUT, "%s: nothing may come after ...", place);
    if (strcmp(text, "...") == 0) {
        table->rest_ignored = true;
        return;
    }
    if (table->n_columns == COLUMNS_MAX)
        die(EXIT_INPUT, "%s: more than %d columns", place, COLUMNS_MAX);
    struct config_column column = {.name = text, .kind = COLUMN_SKIP};
    if (strcmp(text, "-") != 0) {
        const char *colon = strchr(text, ':');
        column.name = config_trimmed(&c->ini.arena, text, colon != NULL ? (size_t)(colon - text) : strlen(text));
        size_t length = strlen(column.name);
        if (length == 0 || length > NAME_BYTES_MAX)
            die(EXIT_INPUT, "%s: %s: a column without a name, or one of more than %d bytes", place, quoted_text(text), NAME_BYTES_MAX);
        if (config_column(table, column.name) != NULL)
            die(EXIT_INPUT, "%s: column %s is named twice", place, quoted_text(column.name));
        parse_kind(c, &column, colon != NULL ? config_trimmed(&c->ini.arena, colon + 1, strlen(colon + 1)) : "str", place);
    }
    table->columns[table->n_columns++] = column;
}

void config_parse_columns(struct config *c, struct config_table *table, const struct ini_entry *entry)
{
    size_t commas = 0;
    for (const char *p = entry->value; *p != '\0'; p++)
        commas += *p == ',';
    table->columns = arena_array(&c->ini.arena, commas + 1, sizeof *table->columns);
    for (const char *p = entry->value; *p != '\0';) {
        const char *end = p;
        for (int depth = 0; *end != '\0' && !(depth == 0 && *end == ','); end++)
            depth += (*end == '(') - (*end == ')');
        parse_column(c, table, config_trimmed(&c->ini.arena, p, (size_t)(end - p)), entry->place);
        p = *end == ',' ? end + 1 : end;
    }
}

// The type of a column by RecBole's header, "name:type": behind our name of it, or NULL to leave it out.
static const char *recbole_type(const char *column, const char *place)
{
    static const char *const types[][2] = {{"token", ""}, {"float", ":f32"}, {"token_seq", ":list( )"}, {"float_seq", NULL}};
    const char *colon = strchr(column, ':');
    for (size_t i = 0; colon != NULL && i < sizeof types / sizeof *types; i++)
        if (strcmp(colon + 1, types[i][0]) == 0)
            return types[i][1];
    die(EXIT_INPUT, "%s: the header has %s, wanted name:token, name:float, name:token_seq or name:float_seq", place, quoted_text(column));
}

// The same without a header that says it: what [data] wants.
static const char *wanted_type(const struct config *c, const char *column)
{
    bool number = (c->label != NULL && strcmp(column, c->label) == 0) || (c->weight != NULL && strcmp(column, c->weight) == 0);
    return number ? ":f32" : c->time != NULL && strcmp(column, c->time) == 0 ? ":time" : "";
}

void config_set_columns(struct config *c, const char *name, const char *const *names, size_t n, const char *place)
{
    struct config_table *table = (struct config_table *)(uintptr_t)config_table(c, name);
    bool events = config_is_interactions(c, name), recbole = table->format == ROWS_RECBOLE;
    struct bytes text = {0};
    for (size_t i = 0; i < n; i++) {
        const char *column = arena_text(&c->ini.arena, names[i], recbole ? strcspn(names[i], ":") : strlen(names[i]));
        const char *wanted = events ? wanted_type(c, column) : "", *type = recbole ? recbole_type(names[i], place) : wanted;
        if (recbole && wanted[0] != '\0')
            type = wanted;  // a time is a float there
        if (type == NULL)
            continue;
        if (!ini_can_hold(column) || column[0] == '\0' || strpbrk(column, ",:()") != NULL || strcmp(column, "-") == 0)
            die(EXIT_INPUT, "%s: the header has a column %s: name the columns to take in [table %s] columns", place, quoted_text(names[i]),
                name);
        bytes_printf(&text, "%s%s%s", text.length > 0 ? ", " : "", column, type);
    }
    if (text.length == 0)
        die(EXIT_INPUT, "%s: the header has no column to take", place);
    const char *section = arena_printf(&c->ini.arena, "table %s", name);
    ini_set(&c->ini, section, "columns", text.data, place);
    free(text.data);
    config_parse_columns(c, table, ini_find(&c->ini, section, "columns"));
}
