// The configuration of a project that has one file, with names in it, and nothing else.
#ifndef CONFIG_CONFIG_ONE_FILE_H
#define CONFIG_CONFIG_ONE_FILE_H

#include "common/config/config.h"

struct config_one_file {
    const char *path;                   // NULL: stdin
    const char *format;                 // NULL: what the ending of the path says
    const char *query, *candidate;      // columns
    const char *label, *time;           // columns, or NULL
};

// The table is called "interactions" and has the columns named. Dies with exit code 2 if the format cannot be told, or a name not be written.
struct config *config_from_one_file(const struct config_one_file *file);

#endif
