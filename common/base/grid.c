#include "common/base/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

struct grid {
    char *alignment;
    size_t columns, width_max, cells;
    struct bytes text;  // of all cells, end to end
    size_t *ends;       // (cells)
    size_t capacity;
    size_t *widths;     // (columns)
};

struct grid *grid_new(const char *alignment, size_t width_max)
{
    struct grid *grid = memory_zeros(1, sizeof *grid);
    grid->columns = strlen(alignment);
    grid->alignment = memory_zeros(grid->columns + 1, 1);
    memcpy(grid->alignment, alignment, grid->columns);
    grid->width_max = width_max;
    grid->widths = memory_zeros(grid->columns, sizeof *grid->widths);
    return grid;
}

static size_t width_of(const char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

// Ends the cell whose text was added.
static void end_cell(struct grid *grid, size_t start)
{
    size_t width = width_of(grid->text.data + start, grid->text.length - start);
    size_t *widest = &grid->widths[grid->cells % grid->columns];
    if (width > grid->width_max)
        width = grid->width_max;
    if (width > *widest)
        *widest = width;
    grid->ends = memory_grow(grid->ends, &grid->capacity, grid->cells + 1, sizeof *grid->ends);
    grid->ends[grid->cells++] = grid->text.length;
}

void grid_cell(struct grid *grid, const char *text, size_t length)
{
    size_t start = grid->text.length;
    bytes_add(&grid->text, text, length);
    end_cell(grid, start);
}

void grid_printf(struct grid *grid, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    grid_cell(grid, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

// The bytes of the first n characters.
static size_t prefix(const char *text, size_t length, size_t n)
{
    size_t i = 0;
    for (size_t seen = 0; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && seen++ == n)
            break;
    return i;
}

static void print_cell(const struct grid *grid, size_t cell, FILE *file)
{
    enum { DOTS = 3 };
    size_t start = cell > 0 ? grid->ends[cell - 1] : 0, length = grid->ends[cell] - start;
    const char *text = grid->text.data + start;
    size_t column = cell % grid->columns, wide = width_of(text, length), width = grid->widths[column];
    bool cut = wide > grid->width_max;
    int spaces = wide < width ? (int)(width - wide) : 0;
    fprintf(file, "  %*s", grid->alignment[column] == 'r' ? spaces : 0, "");
    fwrite(text, 1, cut ? prefix(text, length, width > DOTS ? width - DOTS : 0) : length, file);
    if (cut)
        fputs("...", file);
    if (column + 1 == grid->columns)
        putc('\n', file);  // no blanks at the end of a line
    else if (grid->alignment[column] != 'r')
        fprintf(file, "%*s", spaces, "");
}

void grid_print(struct grid *grid, FILE *file)
{
    assert(grid->cells % grid->columns == 0);
    for (size_t i = 0; i < grid->cells; i++)
        print_cell(grid, i, file);
    free(grid->alignment);
    free(grid->text.data);
    free(grid->ends);
    free(grid->widths);
    free(grid);
}
