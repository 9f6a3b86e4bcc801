// Quickselect and quicksort (Hoare 1961) on a partition without branches: each key is swapped to the border, which moves on
// only if the key was larger than the pivot. Pivots are drawn at random from a fixed sequence, so no order of keys is a bad one
// by accident, and the same keys always take the same path.
#include "common/math/keys.h"

#include "common/base/rng.h"

enum { SHORT = 12 };

// Moves the keys larger than a pivot to the front, the pivot behind them, and returns its place.
static size_t divide(uint64_t *keys, size_t n)
{
    size_t at = (size_t)rng_below(rng_mix(n), n), border = 0;
    uint64_t pivot = keys[at];
    keys[at] = keys[n - 1];
    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t key = keys[i];
        keys[i] = keys[border];
        keys[border] = key;
        border += key > pivot;
    }
    keys[n - 1] = keys[border];
    keys[border] = pivot;
    return border;
}

void keys_keep(uint64_t *keys, size_t n, size_t k)
{
    for (size_t place = k - 1; n > 1;) {
        size_t border = divide(keys, n);
        if (border == place)
            return;
        if (border > place) {
            n = border;
        } else {
            keys += border + 1;
            n -= border + 1;
            place -= border + 1;
        }
    }
}

void keys_sort(uint64_t *keys, size_t n)
{
    while (n > SHORT) {
        size_t border = divide(keys, n), behind = n - border - 1;
        if (border < behind) {
            keys_sort(keys, border);
            keys += border + 1;
            n = behind;
        } else {
            keys_sort(keys + border + 1, behind);
            n = border;
        }
    }
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] < key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}
