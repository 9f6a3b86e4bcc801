// A text file as the typed table that a section [table NAME] makes of it.
//
//     struct text_table *movies = text_table_open(&config->tables[i], config, false);     // reads the line of names, if there is one
//     text_table_write(movies, out);                                                      // and closes the file
//
// Row by row: memory does not depend on the file's length. A malformed row ends the process with exit code 3 or, if it skips them, is counted and
// left out, the first three with a warning each. A row is checked whole before a value of it is written.
#ifndef CONFIG_TEXT_TABLE_H
#define CONFIG_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/config.h"
#include "common/stream/writer.h"

// Opens the file and finds each column's field. Where the configuration names no columns, it gets those of the file (config_set_columns). Dies
// with exit code 3 and the names that are there if one is missing or comes twice; 1 if the file cannot be read.
struct text_table *text_table_open(const struct config_table *from, struct config *config, bool skips) __attribute__((warn_unused_result));

void text_table_write(struct text_table *table, struct writer *out);

// Once written: the rows of the file, and how many of them were malformed.
size_t text_table_rows(const struct text_table *table);
size_t text_table_bad(const struct text_table *table);

#endif
