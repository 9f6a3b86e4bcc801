// Text in aligned columns, for people.
//
//     struct grid *grid = grid_new("lr", 40);         // a left-aligned column, a right-aligned one; no cell wider than 40
//     grid_cell(grid, "title", 5);
//     grid_printf(grid, "%s", "score");
//     ...                                              // cell by cell, row after row
//     grid_print(grid, stdout);                        // and frees it
//
// The text is UTF-8 that is safe to print (see lines_text); one character counts as one column of the terminal. A cell
// that is too wide is cut and ends in "...". Holds all the rows until they are printed.
#ifndef BASE_GRID_H
#define BASE_GRID_H

#include <stddef.h>
#include <stdio.h>

struct grid *grid_new(const char *alignment, size_t width_max) __attribute__((warn_unused_result));
void grid_cell(struct grid *grid, const char *text, size_t length);
void grid_printf(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prints every row, indented by two, and frees the grid. Errors of the file are the caller's.
void grid_print(struct grid *grid, FILE *file);

#endif
