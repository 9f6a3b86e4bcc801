#include "common/math/buckets.h"

void buckets_find(const float *boundaries, size_t n, const float *x, size_t rows, uint32_t *ids)
{
    for (size_t i = 0; i < rows; i++) {
        const float *base = boundaries;
        for (size_t left = n; left > 0;) {
            size_t half = (left + 1) / 2;
            base = x[i] < base[half - 1] ? base : base + half;
            left -= half;
        }
        ids[i] = (uint32_t)(base - boundaries);
    }
}
