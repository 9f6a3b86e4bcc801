// JSON lines through jansson: one object a line. Used by rows.c only.
#ifndef TEXT_JSONL_H
#define TEXT_JSONL_H

#include <stddef.h>

#include "common/text/line_reader.h"
#include "common/text/rows.h"

struct jsonl *jsonl_new(const char *const *names, size_t n_names) __attribute__((warn_unused_result));

// The members of the line's object, as fields in the order of the names; row->bad if it is no object, has not all of them, or one
// is neither text, number, boolean, null nor an array of those. Numbers are written so that they read back the same.
void jsonl_row(struct jsonl *jsonl, const struct line *line, struct row *row);
void jsonl_free(struct jsonl *jsonl);

#endif
