// Fields of CSV as RFC 4180 has them, for writing.
//
//     csv_add_field(&line, "Convent, The", 12);                      // "Convent, The", with the quotes
//     csv_add_cell(&line, &frame.cells[1], type, row, &scratch);     // Action|Comedy
#ifndef INDEX_CSV_CELLS_H
#define INDEX_CSV_CELLS_H

#include "common/base/arena.h"
#include "common/stream/frame.h"

// Appends the text, in quotes where it needs them.
void csv_add_field(struct bytes *out, const char *text, size_t length);

// Appends the name of a column, as TABLE.NAME if it is one of those that are taken (n_taken of them).
void csv_add_name(struct bytes *out, const char *name, const char *table, const char *const *taken, size_t n_taken);

// Appends a cell: items of a list are joined by bars, a missing number (NaN) is empty.
//   scratch  kept from call to call, released by free()
void csv_add_cell(struct bytes *out, const struct cells *cells, struct type type, size_t row, struct bytes *scratch);

#endif
