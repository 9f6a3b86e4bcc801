"""FarmHash's Fingerprint64 (farmhashna, Geoff Pike 2014, MIT licence), which Keras takes for lookups with several oov ids."""
MASK = 2**64 - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def rotate(value, shift):
    return (value >> shift | value << (64 - shift)) & MASK


def fetch(data, at, width=8):
    return int.from_bytes(data[at : at + width], "little")


def shift_mix(value):
    return value ^ value >> 47


def hash16(u, v, mul):
    a = (u ^ v) * mul & MASK
    a ^= a >> 47
    b = (v ^ a) * mul & MASK
    b ^= b >> 47
    return b * mul & MASK


def short(s):
    n = len(s)
    mul = K2 + n * 2
    if n >= 8:
        a, b = fetch(s, 0) + K2 & MASK, fetch(s, n - 8)
        return hash16((rotate(b, 37) * mul + a) & MASK, (rotate(a, 25) + b) * mul & MASK, mul)
    if n >= 4:
        return hash16((n + (fetch(s, 0, 4) << 3)) & MASK, fetch(s, n - 4, 4), mul)
    if n > 0:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return shift_mix((y * K2 ^ z * K0) & MASK) * K2 & MASK
    return K2


def medium(s):
    n = len(s)
    mul = K2 + n * 2
    if n <= 32:
        a, b = fetch(s, 0) * K1 & MASK, fetch(s, 8)
        c, d = fetch(s, n - 8) * mul & MASK, fetch(s, n - 16) * K2 & MASK
        return hash16((rotate(a + b & MASK, 43) + rotate(c, 30) + d) & MASK, (a + rotate(b + K2 & MASK, 18) + c) & MASK, mul)
    a, b = fetch(s, 0) * K2 & MASK, fetch(s, 8)
    c, d = fetch(s, n - 8) * mul & MASK, fetch(s, n - 16) * K2 & MASK
    y = (rotate(a + b & MASK, 43) + rotate(c, 30) + d) & MASK
    z = hash16(y, (a + rotate(b + K2 & MASK, 18) + c) & MASK, mul)
    e, f = fetch(s, 16) * mul & MASK, fetch(s, 24)
    g, h = (y + fetch(s, n - 32)) * mul & MASK, (z + fetch(s, n - 24)) * mul & MASK
    return hash16((rotate(e + f & MASK, 43) + rotate(g, 30) + h) & MASK, (e + rotate(f + a & MASK, 18) + g) & MASK, mul)


def weak(s, at, a, b):
    w, x, y, z = (fetch(s, at + i) for i in (0, 8, 16, 24))
    a = a + w & MASK
    b = rotate(b + a + z & MASK, 21)
    c = a
    a = a + x + y & MASK
    return a + z & MASK, b + rotate(a, 44) + c & MASK


def fingerprint64(s):
    if len(s) <= 16:
        return short(s)
    if len(s) <= 64:
        return medium(s)
    seed, v, w = 81, (0, 0), (0, 0)
    x, y = seed, seed * K1 + 113 & MASK
    z = shift_mix(y * K2 + 113 & MASK) * K2 & MASK
    x = x * K2 + fetch(s, 0) & MASK
    end, last = (len(s) - 1) // 64 * 64, len(s) - 64
    for at in range(0, end, 64):
        x = rotate(x + y + v[0] + fetch(s, at + 8) & MASK, 37) * K1 & MASK
        y = rotate(y + v[1] + fetch(s, at + 48) & MASK, 42) * K1 & MASK
        x ^= w[1]
        y = y + v[0] + fetch(s, at + 40) & MASK
        z = rotate(z + w[0] & MASK, 33) * K1 & MASK
        v = weak(s, at, v[1] * K1 & MASK, x + w[0] & MASK)
        w = weak(s, at + 32, z + w[1] & MASK, y + fetch(s, at + 16) & MASK)
        z, x = x, z
    mul = K1 + ((z & 0xFF) << 1) & MASK
    w = (w[0] + ((len(s) - 1) & 63) & MASK, w[1])
    v = (v[0] + w[0] & MASK, v[1])
    w = (w[0] + v[0] & MASK, w[1])
    x = rotate(x + y + v[0] + fetch(s, last + 8) & MASK, 37) * mul & MASK
    y = rotate(y + v[1] + fetch(s, last + 48) & MASK, 42) * mul & MASK
    x ^= w[1] * 9 & MASK
    y = y + v[0] * 9 + fetch(s, last + 40) & MASK
    z = rotate(z + w[0] & MASK, 33) * mul & MASK
    v = weak(s, last, v[1] * mul & MASK, x + w[0] & MASK)
    w = weak(s, last + 32, z + w[1] & MASK, y + fetch(s, last + 16) & MASK)
    z, x = x, z
    return hash16((hash16(v[0], w[0], mul) + shift_mix(y) * K0 + z) & MASK, (hash16(v[1], w[1], mul) + x) & MASK, mul)
