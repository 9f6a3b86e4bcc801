// The part of the configuration about data: tables, their columns, and how [data] refers to them. Used by config.c and config_keys.c.
#ifndef CONFIG_CONFIG_TABLES_H
#define CONFIG_CONFIG_TABLES_H

#include "common/config/config.h"

// Fills tables, interactions, query, candidate, label, time and weight from the completed entries.
void config_parse_tables(struct config *config);

// The column of "COLUMN" or "COLUMN -> TABLE", in the arena.
const char *config_side_column(struct arena *arena, const char *value);

#endif
