#include "common/base/fingerprint.h"

#include <jansson.h>
#include <stdlib.h>

#include "tests/unit.h"

// tests/golden/lookup.json: what TensorFlow computes. Decimal strings, as JSON has no unsigned numbers of 64 bits.
static void as_tensorflow_computes_it(void)
{
    json_t *golden = json_load_file("tests/golden/lookup.json", 0, NULL);
    CHECK(golden != NULL);
    json_t *one = json_array_get(json_object_get(golden, "cases"), 0), *inputs = json_object_get(json_object_get(one, "inputs"), "strings");
    json_t *wanted = json_object_get(json_object_get(one, "outputs"), "fingerprint64_decimal_string");
    CHECK(json_array_size(inputs) > 10 && json_array_size(inputs) == json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        json_t *text = json_array_get(inputs, i);
        CHECK(fingerprint(json_string_value(text), json_string_length(text)) ==
              strtoull(json_string_value(json_array_get(wanted, i)), NULL, 10));
    }
    json_decref(golden);
}

// Every length through the formulas' borders, as one number: computed by the Python of tests/foreign, an independent reading.
static void every_length(void)
{
    char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37 + 11);
    uint64_t all = 0;
    for (size_t n = 0; n <= sizeof bytes; n++)
        all = all * 31 + fingerprint(bytes, n);
    CHECK(all == 0xf4515dc1f3403873u);
}

// tests/golden/crossing.json: tf.keras.layers.HashedCrossing of two columns of texts.
static void joined_as_tensorflow_crosses(void)
{
    json_t *golden = json_load_file("tests/golden/crossing.json", 0, NULL), *one;
    size_t index, cases = 0;
    json_array_foreach(json_object_get(golden, "cases"), index, one) {
        if (strncmp(json_string_value(json_object_get(one, "name")), "strings", 7) != 0)
            continue;
        json_t *inputs = json_object_get(one, "inputs"), *columns = json_object_get(inputs, "columns");
        json_t *ids = json_object_get(json_object_get(one, "outputs"), "ids");
        for (size_t i = 0; i < json_array_size(ids); i++, cases++) {
            uint64_t hash = 0xdecafcaffe;
            for (size_t c = 0; c < 2; c++) {
                json_t *text = json_array_get(json_array_get(columns, c), i);
                hash = fingerprint_join(hash, fingerprint(json_string_value(text), json_string_length(text)));
            }
            EQUAL(hash % (uint64_t)json_integer_value(json_object_get(inputs, "num_bins")), json_integer_value(json_array_get(ids, i)));
        }
    }
    EQUAL(cases, 12);
    json_decref(golden);
}

UNIT_MAIN(UNIT(joined_as_tensorflow_crosses), UNIT(as_tensorflow_computes_it), UNIT(every_length))
