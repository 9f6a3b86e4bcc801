// Golden files for unit tests: tests/golden/NAME.json, read with jansson.
//
//     json_t *file = golden_open("adagrad");
//     for (size_t i = 0; i < golden_cases(file); i++) {
//         json_t *inputs = golden_inputs(file, i), *outputs = golden_outputs(file, i);
//         float *x = golden_floats(json_object_get(inputs, "query"), &n);
//     }
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline json_t *golden_open(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "tests/golden/%s.json", name);
    json_t *file = json_load_file(path, 0, &error);
    if (file == NULL) {
        printf("not ok %s: %s\n", path, error.text);
        exit(1);
    }
    return file;
}

static inline size_t golden_cases(json_t *file)
{
    return json_array_size(json_object_get(file, "cases"));
}

static inline const char *golden_name(json_t *file, size_t i)
{
    return json_string_value(json_object_get(json_array_get(json_object_get(file, "cases"), i), "name"));
}

static inline json_t *golden_inputs(json_t *file, size_t i)
{
    return json_object_get(json_array_get(json_object_get(file, "cases"), i), "inputs");
}

static inline json_t *golden_outputs(json_t *file, size_t i)
{
    return json_object_get(json_array_get(json_object_get(file, "cases"), i), "outputs");
}

// A number, or the text that stands for one that JSON does not have.
static inline double golden_number(const json_t *value)
{
    return json_is_string(value) ? strtod(json_string_value(value), NULL) : json_number_value(value);
}

static inline double golden_get(const json_t *object, const char *key, double otherwise)
{
    const json_t *value = json_object_get(object, key);
    return value == NULL || json_is_null(value) ? otherwise : json_is_boolean(value) ? json_is_true(value) : golden_number(value);
}

static inline size_t golden_count(const json_t *value)
{
    if (!json_is_array(value))
        return 1;
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(value); i++)
        n += golden_count(json_array_get(value, i));
    return n;
}

static inline float *golden_flatten(const json_t *value, float *out)
{
    if (!json_is_array(value)) {
        *out = json_is_boolean(value) ? (float)json_is_true(value) : (float)golden_number(value);
        return out + 1;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        out = golden_flatten(json_array_get(value, i), out);
    return out;
}

// All numbers of a nested list, row-major; NULL if there is no list. Owned by the caller.
static inline float *golden_floats(const json_t *value, size_t *n)
{
    if (!json_is_array(value))
        return NULL;
    *n = golden_count(value);
    float *out = malloc((*n + 1) * sizeof *out);
    golden_flatten(value, out);
    return out;
}

#endif
