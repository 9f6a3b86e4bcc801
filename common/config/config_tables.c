#include "common/config/config_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

// A ; or a space as such would be a comment or nothing in an INI file, so they go by their names.
static char parse_separator(const struct ini_entry *entry, enum rows_format format)
{
    static const char *const names[] = {"comma", "semicolon", "tab", "space"};
    const char *value = entry->value;
    char separator = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0)
            separator = ",;\t "[i];
    if (strlen(value) == 1 && value[0] > ' ' && value[0] < 0x7f && value[0] != '"')
        separator = value[0];
    if (separator == '\0')
        die(EXIT_INPUT, "%s: separator is %s, wanted comma, semicolon, tab, space, or one character of ASCII but a quote%s", entry->place,
            quoted_text(value), value[0] == '\0' ? "; a ; begins a comment" : "");
    if (separator != ',' && format != ROWS_CSV)
        die(EXIT_INPUT, "%s: separator is %s, but only format = csv has one to choose", entry->place, value);
    return separator;
}

// Names under which later stages add tables of their own.
static void check_table_name(const char *name, const char *place)
{
    static const char *const taken[] = {"queries", "candidates", "seen", "batches", "index", "rankings", "scores", "metrics"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            die(EXIT_INPUT, "%s: [table %s]: a later stage adds a table of this name; choose another", place, name);
    if (strchr(name, '/') != NULL)
        die(EXIT_INPUT, "%s: [table %s]: a table's name may not have a /", place, name);
}

static struct config_table parse_table(struct config *c, const char *name)
{
    static const char *const formats[] = {"csv", "tsv", "dat", "psv", "jsonl", "lists", "recbole"}, *const encodings[] = {"utf-8", "latin-1"},
                      *const headers[] = {"yes", "no", "auto"};
    const char *section = arena_printf(&c->ini.arena, "table %s", name);
    const struct ini_entry *path = ini_get(&c->ini, section, "path"), *key = ini_get(&c->ini, section, "key");
    struct config_table table = {.name = name, .path = path->value, .place = path->place};
    check_table_name(name, path->place);
    if (path->value[0] == '\0')
        die(EXIT_INPUT, "%s: path is empty", path->place);
    table.format = (enum rows_format)config_one_of(ini_get(&c->ini, section, "format"), formats, sizeof formats / sizeof *formats);
    table.separator = parse_separator(ini_get(&c->ini, section, "separator"), table.format);
    table.latin1 = config_one_of(ini_get(&c->ini, section, "encoding"), encodings, 2) == 1;
    const struct ini_entry *header_entry = ini_get(&c->ini, section, "header");
    size_t header = config_one_of(header_entry, headers, 3);
    table.header = header == 0 || (header == 2 && (table.format == ROWS_CSV || table.format == ROWS_RECBOLE));
    if (!table.header && table.format == ROWS_RECBOLE)
        die(EXIT_INPUT, "%s: header is no, but recbole has its types in the header line", header_entry->place);
    if (table.header && (table.format == ROWS_JSONL || table.format == ROWS_LISTS))
        die(EXIT_INPUT, "%s: header is yes, but %s has no header line", header_entry->place, formats[table.format]);
    table.key = key->value[0] != '\0' ? key->value : NULL;
    const struct ini_entry *join = ini_get(&c->ini, section, "join");
    struct call *joins;
    table.n_joins = call_list(&c->ini.arena, join->value, join->place, &joins);
    table.joins = arena_array(&c->ini.arena, table.n_joins, sizeof *table.joins);
    for (size_t i = 0; i < table.n_joins; i++)
        table.joins[i] = joins[i].name;
    config_parse_columns(c, &table, ini_get(&c->ini, section, "columns"));
    if (table.n_columns == 0 && !table.header)
        die(EXIT_INPUT, "%s: [%s] names no columns, and its file has no header line", table.place, section);
    if (table.format == ROWS_LISTS && table.n_columns != 2)
        die(EXIT_INPUT, "%s: [%s] names %zu columns, but lists have two: who took, and what", table.place, section, table.n_columns);
    return table;
}

bool config_has_column(const struct config *c, const struct config_table *table, const char *name)
{
    if (table->n_columns == 0 || config_column(table, name) != NULL)
        return true;
    for (size_t i = 0; i < table->n_joins; i++) {
        const struct config_table *other = config_table(c, table->joins[i]);
        if (other->n_columns == 0 || (config_column(other, name) != NULL && strcmp(name, other->key) != 0))
            return true;
    }
    return false;
}

// A join needs a key on both sides, and goes one step: what is joined joins nothing itself.
static void check_joins(struct config *c)
{
    for (size_t i = 0; i < c->n_tables; i++)
        for (size_t j = 0; j < c->tables[i].n_joins; j++) {
            const struct config_table *table = &c->tables[i], *other = config_table(c, table->joins[j]);
            const struct ini_entry *entry = ini_get(&c->ini, arena_printf(&c->ini.arena, "table %s", table->name), "join");
            if (other == NULL)
                die(EXIT_INPUT, "%s: join is %s, but there is no [table %s]", entry->place, quoted_text(table->joins[j]), table->joins[j]);
            bool side = (!c->query.made && strcmp(table->name, c->query.table) == 0) ||
                        (!c->candidate.made && strcmp(table->name, c->candidate.table) == 0);
            if (!side)
                die(EXIT_INPUT, "%s: [table %s] joins another, but [data] query and candidate do not refer to it", entry->place, table->name);
            if (other->key == NULL || other->n_joins > 0 || other == table || config_is_interactions(c, other->name))
                die(EXIT_INPUT, "%s: join is %s, wanted a table that has a key, and joins none itself", entry->place,
                    quoted_text(table->joins[j]));
        }
}

const char *config_side_column(struct arena *arena, const char *value)
{
    const char *arrow = strstr(value, "->");
    return config_trimmed(arena, value, arrow != NULL ? (size_t)(arrow - value) : strlen(value));
}

static struct config_side parse_side(struct config *c, const char *key, const char *made)
{
    const struct ini_entry *entry = ini_get(&c->ini, "data", key);
    struct config_side side = {.column = config_side_column(&c->ini.arena, entry->value), .table = made, .made = true};
    const char *arrow = strstr(entry->value, "->");
    if (side.column[0] == '\0')
        die(EXIT_INPUT, "%s: %s is %s, wanted COLUMN or COLUMN -> TABLE", entry->place, key, quoted_text(entry->value));
    if (arrow == NULL)
        return side;
    side.made = false;
    side.table = config_trimmed(&c->ini.arena, arrow + 2, strlen(arrow + 2));
    const struct config_table *table = config_table(c, side.table);
    if (table == NULL)
        die(EXIT_INPUT, "%s: %s refers to table %s, but there is no [table %s]", entry->place, key, quoted_text(side.table), side.table);
    if (table->key == NULL)
        die(EXIT_INPUT, "%s: %s refers to table %s, which has no key", entry->place, key, quoted_text(side.table));
    if (strcmp(side.table, c->interactions) == 0)
        die(EXIT_INPUT, "%s: %s refers to %s, the table of interactions itself", entry->place, key, quoted_text(side.table));
    return side;
}

static const char *data_column(struct config *c, const char *key)
{
    const char *value = ini_get(&c->ini, "data", key)->value;
    return value[0] != '\0' ? value : NULL;
}

void config_parse_tables(struct config *c)
{
    const char **names;
    c->n_tables = ini_sections(&c->ini, "table ", &names);
    c->tables = arena_zeros(&c->ini.arena, c->n_tables, sizeof *c->tables);
    for (size_t i = 0; i < c->n_tables; i++)
        c->tables[i] = parse_table(c, names[i]);

    const struct ini_entry *interactions = ini_get(&c->ini, "data", "interactions");
    c->interactions = interactions->value;
    if (config_table(c, c->interactions) == NULL)
        die(EXIT_INPUT, "%s: interactions is %s, but there is no [table %s]", interactions->place, quoted_text(c->interactions),
            c->interactions);
    c->query = parse_side(c, "query", "queries");
    c->candidate = parse_side(c, "candidate", "candidates");
    if (strcmp(c->query.column, c->candidate.column) == 0)
        die(EXIT_INPUT, "%s: query and candidate are the same column, %s", interactions->place, quoted_text(c->query.column));
    check_joins(c);
    c->label = data_column(c, "label");
    c->time = data_column(c, "time");
    c->weight = data_column(c, "weight");
    config_check_columns(c);
}

// `kinds` has a letter for every kind of column that will do. `entry` says who wants it.
static void check_column(const struct config_table *table, const struct ini_entry *entry, const char *name, const char *kinds)
{
    static const char letters[] = {
        [COLUMN_STR] = 's', [COLUMN_I64] = 'i', [COLUMN_F32] = 'f', [COLUMN_F64] = 'd', [COLUMN_TIME] = 't', [COLUMN_LIST] = 'l',
    };
    if (name == NULL || table->n_columns == 0)
        return;
    const struct config_column *column = config_column(table, name);
    if (column == NULL) {
        const char *names[COLUMNS_MAX];
        for (size_t i = 0; i < table->n_columns; i++)
            names[i] = table->columns[i].name;
        die(EXIT_INPUT, "%s: %s is %s, but [table %s] has no such column%s", entry->place, entry->key, quoted_text(name), table->name,
            did_you_mean(name, names, table->n_columns));
    }
    if (column->optional)
        die(EXIT_INPUT, "%s: %s is column %s of [table %s], which may be empty: wanted its type without ?", entry->place, entry->key,
            quoted_text(name), table->name);
    if (strchr(kinds, letters[column->kind]) == NULL)
        die(EXIT_INPUT, "%s: %s is column %s of [table %s], wanted its type %s", entry->place, entry->key, quoted_text(name), table->name,
            kinds[0] == 's' ? "str or i64" : kinds[0] == 't' ? "time or i64" : "f32, f64 or i64");
}

// R.valid and R.test, given as tables of their own, have R's columns.
static void check_same_columns(const struct config_table *table, const struct config_table *like)
{
    bool same = table->n_columns == like->n_columns;
    for (size_t i = 0, j = 0; same && (i < table->n_columns || j < like->n_columns); i++, j++)
        same = table->columns[i].kind == like->columns[j].kind &&
               (table->columns[i].kind == COLUMN_SKIP || strcmp(table->columns[i].name, like->columns[j].name) == 0);
    if (table->n_columns > 0 && like->n_columns > 0 && !same)
        die(EXIT_INPUT, "%s: the columns of [table %s] are not those of [table %s]", table->place, table->name, like->name);
}

const char *config_key(const struct config *c, const struct config_side *side)
{
    return side->made ? side->column : config_table(c, side->table)->key;
}

bool config_is_interactions(const struct config *c, const char *table)
{
    size_t n = strlen(c->interactions);
    if (strncmp(table, c->interactions, n) != 0)
        return false;
    return table[n] == '\0' || strcmp(table + n, ".valid") == 0 || strcmp(table + n, ".test") == 0;
}

// The columns that tasks name beside those of [data].
static void check_task_columns(const struct config *c, const struct config_table *interactions)
{
    const char **names;
    for (size_t i = 0, n = ini_sections((struct ini *)(uintptr_t)&c->ini, "task ", &names); i < n; i++) {
        char section[INI_SECTION_MAX + 1];
        snprintf(section, sizeof section, "task %s", names[i]);
        const struct ini_entry *label = ini_get(&c->ini, section, "label");
        check_column(interactions, label, label->value[0] != '\0' ? label->value : NULL, "fdi");
    }
}

void config_check_columns(const struct config *c)
{
    static const char *const keys[] = {"query", "candidate", "label", "time", "weight"}, *const kinds[] = {"si", "si", "fdi", "ti", "fdi"};
    const char *const names[] = {c->query.column, c->candidate.column, c->label, c->time, c->weight};
    const struct config_table *interactions = config_table(c, c->interactions);
    char section[INI_SECTION_MAX + 1];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        check_column(interactions, ini_get(&c->ini, "data", keys[i]), names[i], kinds[i]);
    check_task_columns(c, interactions);
    for (size_t i = 0; i < c->n_tables; i++) {
        const struct config_table *table = &c->tables[i];
        snprintf(section, sizeof section, "table %s", table->name);
        check_column(table, ini_get(&c->ini, section, "key"), table->key, "si");
        if (config_is_interactions(c, table->name))
            check_same_columns(table, interactions);
    }
}
