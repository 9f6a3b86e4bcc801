#include "common/math/ease.h"

#include <math.h>
#include <string.h>

#include "common/math/matrix.h"

double ease_lambda(size_t n, size_t items)
{
    return 45 * sqrt((double)n / (double)(items > 0 ? items : 1));
}

bool ease_weights(size_t users, size_t items, const uint32_t *lists, const uint32_t *taken, double lambda, float *weights)
{
    memset(weights, 0, items * items * sizeof *weights);
    for (size_t u = 0; u < users; u++)
        for (uint32_t a = lists[u]; a < lists[u + 1]; a++)
            for (uint32_t b = lists[u]; b < lists[u + 1]; b++)
                weights[(size_t)taken[a] * items + taken[b]] += 1;
    for (size_t i = 0; i < items; i++)
        weights[i * items + i] += (float)lambda;
    if (!matrix_invert(items, weights, 1))
        return false;
    for (size_t i = 0; i < items; i++)
        for (size_t j = 0; j < items; j++)
            if (i != j)
                weights[i * items + j] /= -weights[j * items + j];
    for (size_t i = 0; i < items; i++)
        weights[i * items + i] = 0;
    return true;
}
