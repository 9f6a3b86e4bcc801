// CSV through libcsv, pulled instead of pushed. Used by rows.c only; see rows.h for what is accepted.
#ifndef TEXT_CSV_H
#define TEXT_CSV_H

#include <stdbool.h>

#include "common/text/rows.h"
#include "common/text/source.h"

struct csv *csv_open(struct source *source, char separator) __attribute__((warn_unused_result));  // owns the source
bool csv_next(struct csv *csv, struct row *row) __attribute__((warn_unused_result));

// Whether the row just read is known to be ASCII without zero bytes, so that it need not be checked.
bool csv_plain(const struct csv *csv);
void csv_close(struct csv *csv);

#endif
