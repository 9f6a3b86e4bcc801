#include "common/base/siphash.h"

#include "tests/golden.h"
#include "tests/unit.h"

// The first of the vectors of the authors' reference implementation: key 00 01 .. 0f, message 00 01 .. 0e.
static void as_the_authors_computed_it(void)
{
    const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    unsigned char message[15];
    for (unsigned char i = 0; i < sizeof message; i++)
        message[i] = i;
    CHECK(siphash(key, message, sizeof message) == 0xa129ca6149be45e5u);
}

static void as_tensorflow_computes_it(void)
{
    json_t *golden = golden_open("encoders");
    size_t cases = 0;
    for (size_t i = 0; i < golden_cases(golden); i++) {
        if (strcmp(golden_name(golden, i), "strong_hash") != 0)
            continue;
        json_t *inputs = golden_inputs(golden, i), *texts = json_object_get(inputs, "strings");
        json_t *wanted = json_object_get(golden_outputs(golden, i), "ids_decimal_string");
        const uint64_t key[2] = {(uint64_t)json_integer_value(json_array_get(json_object_get(inputs, "key"), 0)),
                                 (uint64_t)json_integer_value(json_array_get(json_object_get(inputs, "key"), 1))};
        uint64_t buckets = (uint64_t)json_integer_value(json_object_get(inputs, "num_buckets"));
        for (size_t j = 0; j < json_array_size(texts); j++, cases++) {
            json_t *text = json_array_get(texts, j);
            CHECK(siphash(key, json_string_value(text), json_string_length(text)) % buckets ==
                  strtoull(json_string_value(json_array_get(wanted, j)), NULL, 10));
        }
    }
    EQUAL(cases, 16);
    json_decref(golden);
}

UNIT_MAIN(UNIT(as_the_authors_computed_it), UNIT(as_tensorflow_computes_it))
