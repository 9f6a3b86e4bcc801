// An array that grows past its memory keeps what it held.
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdlib.h>

#include "common/base/bulk.h"
#include "tests/unit.h"

static void grow(size_t memory_bytes, int in_file)
{
    struct bulk bulk = {.memory_bytes = memory_bytes};
    uint32_t *x = NULL;
    for (size_t n = 0; n < 1000000; n++) {
        x = bulk_grow(&bulk, (n + 1) * sizeof *x);
        x[n] = (uint32_t)n * 7;
    }
    for (size_t n = 0; n < 1000000; n++)
        EQUAL(x[n], (uint32_t)n * 7);
    EQUAL(bulk.fd > 0, in_file);
    bulk_free(&bulk);
    CHECK(bulk.data == NULL);
}

static void in_memory(void)
{
    grow(0, 0);
    grow(64 << 20, 0);
}

static void in_a_file(void)
{
    grow(1, 1);
    grow(100000, 1);
}

static void nowhere(void)
{
    struct bulk bulk = {.memory_bytes = 1};
    setenv("TMPDIR", "/nowhere", 1);
    if (bulk_grow(&bulk, 100) == NULL)
        abort();
}

static void no_folder_for_the_file(void)
{
    COMPLAINS(1, "create a temporary file", nowhere);
}

UNIT_MAIN(UNIT(in_memory), UNIT(in_a_file), UNIT(no_folder_for_the_file))
