#include "common/text/ivecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"

enum { LENGTH_MAX = 1 << 20 };

struct ivecs ivecs_read(const char *path)
{
    struct ivecs ivecs = {0};
    size_t capacity = 0, n = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die(EXIT_WORLD, "open %s:", path);
    for (uint32_t length; (n = fread(&length, 1, sizeof length, file)) == sizeof length; ivecs.rows++) {
        if (ivecs.rows == 0 && (length < 1 || length > LENGTH_MAX))
            die(EXIT_INPUT, "%s: not .ivecs, which begins with the length of a list: %u, wanted 1 to %d", path, length, LENGTH_MAX);
        if (ivecs.rows > 0 && length != ivecs.length)
            die(EXIT_INPUT, "%s: row %zu: %u numbers, wanted as many as in the first", path, ivecs.rows, length);
        ivecs.length = length;
        ivecs.values = memory_grow(ivecs.values, &capacity, (ivecs.rows + 1) * length, sizeof *ivecs.values);
        if (fread(ivecs.values + ivecs.rows * length, sizeof *ivecs.values, length, file) != length) {
            n = 1;
            break;
        }
    }
    if (ferror(file))
        die(EXIT_WORLD, "read %s:", path);
    if (n != 0)
        die(EXIT_INPUT, "%s: row %zu: truncated", path, ivecs.rows);
    fclose(file);
    return ivecs;
}
