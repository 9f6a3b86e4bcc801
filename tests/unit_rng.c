// The values of SplitMix64 are those of its reference code (https://prng.di.unimi.it/splitmix64.c, seed 0: the first outputs of a
// generator are mix(0), mix(golden), ...); those of FNV-1a 64 are from draft-eastlake-fnv, appendix C.
#include "common/base/rng.h"
#include "tests/unit.h"

static void splitmix(void)
{
    CHECK(rng_mix(0) == 0xe220a8397b1dcdafu);
    CHECK(rng_mix(0x9e3779b97f4a7c15u) == 0x6e789e6aa1b965f4u);
    CHECK(rng_mix(2 * 0x9e3779b97f4a7c15u) == 0x06c45d188009454fu);
    CHECK(rng_bits(1, 2, 3) == rng_mix(rng_mix(rng_mix(1) ^ 2) ^ 3));
    CHECK(rng_bits(1, 2, 3) != rng_bits(1, 3, 2));
}

static void fnv(void)
{
    CHECK(rng_fnv(FNV_START, "", 0) == 0xcbf29ce484222325u);
    CHECK(rng_fnv(FNV_START, "a", 1) == 0xaf63dc4c8601ec8cu);
    CHECK(rng_fnv(FNV_START, "foobar", 6) == 0x85944171f73967e8u);
    CHECK(rng_fnv(rng_fnv(FNV_START, "foo", 3), "bar", 3) == 0x85944171f73967e8u);
}

static void units_and_bounds(void)
{
    EQUAL(rng_unit(0), 0);
    CHECK(rng_unit(UINT64_MAX) < 1);
    EQUAL(rng_below(UINT64_MAX, 10), 9);
    EQUAL(rng_below(0, 10), 0);
    EQUAL(rng_below(UINT64_MAX, 1), 0);
    double sum = 0;
    size_t counts[6] = {0};
    for (uint64_t i = 0; i < 60000; i++) {
        sum += rng_unit(rng_bits(7, 1, i));
        counts[rng_below(rng_bits(7, 2, i), 6)]++;
    }
    NEAR(sum / 60000, 0.5, 0.006);  // 5 standard errors of a uniform mean
    for (size_t i = 0; i < 6; i++)
        NEAR((double)counts[i] / 10000, 1, 0.05);  // 5 of a binomial count
}

UNIT_MAIN(UNIT(splitmix), UNIT(fnv), UNIT(units_and_bounds))
