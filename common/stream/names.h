// What the names of tables and columns say (FORMAT.md).
#ifndef STREAM_NAMES_H
#define STREAM_NAMES_H

#include "common/base/prefix.h"

// The parameters of a model, and what its optimisers keep beside them.
static inline bool is_model_table(const char *table)
{
    return has_prefix(table, "param/") || has_prefix(table, "slot/");
}

static inline bool is_index_table(const char *table)
{
    return strcmp(table, "index") == 0 || has_prefix(table, "index/");
}

// What stands for a feature's terms: a vocabulary, or vectors of a file.
static inline bool is_vocabulary_table(const char *table)
{
    return has_prefix(table, "vocab/") || has_prefix(table, "vector/");
}

// What `vocab` made of a feature: its values as numbers, and their weights.
static inline bool is_encoded_column(const char *column)
{
    return has_prefix(column, "feature/") || has_prefix(column, "weight/");
}

#endif
