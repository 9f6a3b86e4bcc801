// The part of the configuration about data: tables, their columns, and how [data] refers to them. Used by config.c and config_keys.c.
#ifndef CONFIG_CONFIG_TABLES_H
#define CONFIG_CONFIG_TABLES_H

#include "common/config/config.h"

// Fills tables, interactions, query, candidate, label, time and weight from the completed entries.
void config_parse_tables(struct config *config);

// The column of "COLUMN" or "COLUMN -> TABLE", in the arena.
const char *config_side_column(struct arena *arena, const char *value);

// The columns of a table, as its entry `columns` names them (config_columns.c).
void config_parse_columns(struct config *config, struct config_table *table, const struct ini_entry *entry);

// Which of the words the entry's value is; dies if it is none.
size_t config_one_of(const struct ini_entry *entry, const char *const *words, size_t n);

// From here, without the spaces at both ends, in the arena.
const char *config_trimmed(struct arena *arena, const char *from, size_t length);

#endif
