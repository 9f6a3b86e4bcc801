// Mutual information of inputs: known values.
#include <math.h>

#include "common/model/relatedness.h"
#include "tests/unit.h"

enum { ROWS = 8, INPUTS = 4 };

static void known_values(void)
{
    // a: two classes, even; b: the same as a; c: independent of a; d: numbers, of the same two classes as c.
    static const uint32_t a[ROWS] = {1, 1, 1, 1, 2, 2, 2, 2}, b[ROWS] = {5, 5, 5, 5, 900, 900, 900, 900}, c[] = {9, 3, 70, 4, 3, 4, 80, 3, 4};
    static const uint32_t lists[ROWS + 1] = {0, 2, 3, 4, 5, 6, 7, 8, 9};
    static const float d[ROWS] = {0.1f, 0.6f, 0.6f, 0.6f, 0.6f, 0.6f, 0.6f, 0.6f};
    struct param table = {0};
    struct input inputs[INPUTS] = {{.table = &table, .type = {.element = ELEMENT_U32}}, {.table = &table, .type = {.element = ELEMENT_U32}},
                                   {.table = &table, .type = {.element = ELEMENT_U32, .list = true}}, {.type = {.element = ELEMENT_F32}}};
    struct cells cells[INPUTS] = {{.values = a}, {.values = b}, {.values = c, .lists = lists}, {.values = d}};
    struct input_column columns[INPUTS];
    for (size_t j = 0; j < INPUTS; j++)
        columns[j] = (struct input_column){.cells = &cells[j]};
    double out[INPUTS * INPUTS];
    relatedness(inputs, columns, INPUTS, ROWS, out);
    NEAR(out[0], log(2), 1e-9);
    NEAR(out[1], log(2), 1e-9);      // b tells all of a
    EQUAL(out[1], out[INPUTS]);
    // d: one in eight is apart.
    NEAR(out[3 * INPUTS + 3], log(8) - 7 / 8.0 * log(7), 1e-9);
    CHECK(out[2] > 0 && out[2] < log(2));
    relatedness(inputs, columns, INPUTS, 0, out);
    EQUAL(out[0], 0);
}

UNIT_MAIN(UNIT(known_values))
