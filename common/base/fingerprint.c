// After FarmHash 1.1 by Geoff Pike (farmhash.cc, namespace farmhashna, Hash64), Copyright (c) 2014 Google, Inc., MIT licence:
//
//   Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
//   documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
//   rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
//   persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
//   this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED
//   "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
//   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
//   CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
//   CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
//
// Strings of up to 16, 32 and 64 bytes have a formula each, longer ones a loop over blocks of 64 with the last block, which
// overlaps the one before, done apart. Machine words are little-endian.
#include "common/base/fingerprint.h"

#include <string.h>

static const uint64_t k0 = 0xc3a5c85c97cb3127u, k1 = 0xb492b66fbe98f273u, k2 = 0x9ae16a3b2f90404fu;

struct pair {
    uint64_t first, second;
};

static uint64_t fetch64(const unsigned char *s)
{
    uint64_t x;
    memcpy(&x, s, sizeof x);
    return x;
}

static uint64_t fetch32(const unsigned char *s)
{
    uint32_t x;
    memcpy(&x, s, sizeof x);
    return x;
}

static uint64_t rotate(uint64_t x, int shift)
{
    return (x >> shift) | (x << (64 - shift));
}

static uint64_t shift_mix(uint64_t x)
{
    return x ^ (x >> 47);
}

static uint64_t hash_16(uint64_t u, uint64_t v, uint64_t mul)
{
    uint64_t a = shift_mix((u ^ v) * mul);
    return shift_mix((v ^ a) * mul) * mul;
}

static uint64_t hash_0_to_16(const unsigned char *s, size_t n)
{
    uint64_t mul = k2 + n * 2;
    if (n >= 8) {
        uint64_t a = fetch64(s) + k2, b = fetch64(s + n - 8);
        return hash_16(rotate(b, 37) * mul + a, (rotate(a, 25) + b) * mul, mul);
    }
    if (n >= 4)
        return hash_16(n + (fetch32(s) << 3), fetch32(s + n - 4), mul);
    if (n > 0) {
        uint64_t y = (uint64_t)s[0] + ((uint64_t)s[n >> 1] << 8), z = n + ((uint64_t)s[n - 1] << 2);
        return shift_mix(y * k2 ^ z * k0) * k2;
    }
    return k2;
}

static uint64_t hash_17_to_32(const unsigned char *s, size_t n)
{
    uint64_t mul = k2 + n * 2;
    uint64_t a = fetch64(s) * k1, b = fetch64(s + 8), c = fetch64(s + n - 8) * mul, d = fetch64(s + n - 16) * k2;
    return hash_16(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + k2, 18) + c, mul);
}

static uint64_t hash_33_to_64(const unsigned char *s, size_t n)
{
    uint64_t mul = k2 + n * 2;
    uint64_t a = fetch64(s) * k2, b = fetch64(s + 8), c = fetch64(s + n - 8) * mul, d = fetch64(s + n - 16) * k2;
    uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d, z = hash_16(y, a + rotate(b + k2, 18) + c, mul);
    uint64_t e = fetch64(s + 16) * mul, f = fetch64(s + 24);
    uint64_t g = (y + fetch64(s + n - 32)) * mul, h = (z + fetch64(s + n - 24)) * mul;
    return hash_16(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, mul);
}

// 32 bytes and two seeds to 128 bits.
static struct pair weak_hash(const unsigned char *s, uint64_t a, uint64_t b)
{
    uint64_t w = fetch64(s), x = fetch64(s + 8), y = fetch64(s + 16), z = fetch64(s + 24);
    a += w;
    b = rotate(b + a + z, 21);
    uint64_t c = a;
    a += x + y;
    b += rotate(a, 44);
    return (struct pair){a + z, b + c};
}

static uint64_t hash_long(const unsigned char *s, size_t n)
{
    const uint64_t seed = 81;
    const unsigned char *end = s + (n - 1) / 64 * 64, *last = s + n - 64;
    uint64_t x = seed * k2 + fetch64(s), y = seed * k1 + 113, z = shift_mix(y * k2 + 113) * k2, swap, mul;
    struct pair v = {0, 0}, w = {0, 0};
    for (; s != end; s += 64) {
        x = rotate(x + y + v.first + fetch64(s + 8), 37) * k1;
        y = rotate(y + v.second + fetch64(s + 48), 42) * k1;
        x ^= w.second;
        y += v.first + fetch64(s + 40);
        z = rotate(z + w.first, 33) * k1;
        v = weak_hash(s, v.second * k1, x + w.first);
        w = weak_hash(s + 32, z + w.second, y + fetch64(s + 16));
        swap = z, z = x, x = swap;
    }
    mul = k1 + ((z & 0xff) << 1);
    w.first += (n - 1) & 63;
    v.first += w.first;
    w.first += v.first;
    x = rotate(x + y + v.first + fetch64(last + 8), 37) * mul;
    y = rotate(y + v.second + fetch64(last + 48), 42) * mul;
    x ^= w.second * 9;
    y += v.first * 9 + fetch64(last + 40);
    z = rotate(z + w.first, 33) * mul;
    v = weak_hash(last, v.second * mul, x + w.first);
    w = weak_hash(last + 32, z + w.second, y + fetch64(last + 16));
    swap = z, z = x, x = swap;
    return hash_16(hash_16(v.first, w.first, mul) + shift_mix(y) * k0 + z, hash_16(v.second, w.second, mul) + x, mul);
}

uint64_t fingerprint(const void *bytes, size_t length)
{
    const unsigned char *s = bytes;
    return length <= 16 ? hash_0_to_16(s, length) : length <= 32 ? hash_17_to_32(s, length)
         : length <= 64 ? hash_33_to_64(s, length) : hash_long(s, length);
}

uint64_t fingerprint_join(uint64_t first, uint64_t second)
{
    const uint64_t mul = 0xc6a4a7935bd1e995u;
    uint64_t joined = (first ^ mul ^ shift_mix(second * mul) * mul) * mul;
    return shift_mix(shift_mix(joined) * mul);
}
