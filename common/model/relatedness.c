#include "common/model/relatedness.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/arena.h"

enum { CLASSES = 64 };

static unsigned char class_of_id(uint32_t id)
{
    return (unsigned char)(id < CLASSES - 1 ? id : CLASSES - 1);
}

static unsigned char class_of(const struct input *input, const struct input_column *column, size_t row)
{
    const struct cells *cells = column->cells;
    size_t width = input->type.dim > 0 ? input->type.dim : 1;
    if (input->table == NULL) {
        float x = 2 * ((const float *)cells->values)[row * width];
        return (unsigned char)(CLASSES / 2 + (int)floorf(fminf(fmaxf(x, -31), 31)));
    }
    const uint32_t *ids = cells->values;
    if (!input->type.list)
        return class_of_id(ids[row * width]);
    uint32_t least = UINT32_MAX;
    for (size_t i = cells->lists[row]; i < cells->lists[row + 1]; i++)
        least = ids[i] < least ? ids[i] : least;
    return class_of_id(least);
}

static double information(const unsigned char *a, const unsigned char *b, size_t rows)
{
    double *both = memory_zeros(CLASSES * CLASSES, sizeof *both), one[CLASSES] = {0}, other[CLASSES] = {0}, sum = 0;
    for (size_t i = 0; i < rows; i++) {
        both[a[i] * CLASSES + b[i]]++;
        one[a[i]]++;
        other[b[i]]++;
    }
    for (size_t x = 0; x < CLASSES; x++)
        for (size_t y = 0; y < CLASSES; y++) {
            double p = both[x * CLASSES + y] / (double)rows;
            sum += p > 0 ? p * log(p * (double)rows * (double)rows / (one[x] * other[y])) : 0;
        }
    free(both);
    return sum;
}

void relatedness(const struct input *inputs, const struct input_column *columns, size_t n, size_t rows, double *out)
{
    unsigned char *classes = memory_zeros(n * rows + 1, sizeof *classes);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < rows; i++)
            classes[j * rows + i] = class_of(&inputs[j], &columns[j], i);
    for (size_t j = 0; j < n; j++)
        for (size_t k = j; k < n; k++)
            out[j * n + k] = out[k * n + j] = rows > 0 ? information(classes + j * rows, classes + k * rows, rows) : 0;
    free(classes);
}
