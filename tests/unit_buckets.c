#include "common/math/buckets.h"

#include "tests/golden.h"
#include "tests/unit.h"

static void as_keras_counts_boundaries(void)
{
    json_t *golden = golden_open("encoders");
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        if (strcmp(golden_name(golden, i), "discretization") != 0)
            continue;
        size_t n = 0, rows = 0;
        float *boundaries = golden_floats(json_object_get(golden_inputs(golden, i), "bin_boundaries"), &n);
        float *values = golden_floats(json_object_get(golden_inputs(golden, i), "values"), &rows);
        uint32_t ids[64];
        buckets_find(boundaries, n, values, rows, ids);
        for (size_t j = 0; j < rows; j++, cases++)
            EQUAL(ids[j], json_integer_value(json_array_get(json_object_get(golden_outputs(golden, i), "ids"), j)));
        free(boundaries);
        free(values);
    }
    EQUAL(cases, 14);
    json_decref(golden);
}

static void every_number_of_boundaries(void)
{
    float boundaries[40];
    for (size_t i = 0; i < 40; i++)
        boundaries[i] = (float)(i / 2);  // some twice
    for (size_t n = 0; n <= 40; n++)
        for (int step = -4; step < 100; step++) {
            float x = (float)step / 4;
            uint32_t id, wanted = 0;
            buckets_find(boundaries, n, &x, 1, &id);
            for (size_t i = 0; i < n; i++)
                wanted += boundaries[i] <= x;
            EQUAL(id, wanted);
        }
}

UNIT_MAIN(UNIT(as_keras_counts_boundaries), UNIT(every_number_of_boundaries))
