#include "common/base/grid.h"

#include <stdlib.h>

#include "tests/unit.h"

static char printed[400];

static void print(struct grid *grid)
{
    FILE *file = tmpfile();
    CHECK(file != NULL);
    grid_print(grid, file);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
}

static void aligned_and_cut(void)
{
    struct grid *grid = grid_new("lrl", 8);
    const char *cells[] = {"name", "n", "rest", "Am\xc3\xa9lie", "10000", "a text that is long", "", "-1", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"};
    for (size_t i = 0; i < 9; i++)
        grid_cell(grid, cells[i], strlen(cells[i]));
    print(grid);
    SAME_TEXT(printed, "  name        n  rest\n"
                       "  Am\xc3\xa9lie  10000  a tex...\n"
                       "             -1  \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9...\n");
}

static void no_rows(void)
{
    print(grid_new("lr", 8));
    SAME_TEXT(printed, "");
}

UNIT_MAIN(UNIT(aligned_and_cut), UNIT(no_rows))
