// Sets of rows.
#include "common/base/rng.h"
#include "common/math/bits.h"
#include "tests/unit.h"

static void counted_one_by_one(void)
{
    enum { WORDS = 40 };
    uint64_t bits[WORDS] = {0, UINT64_MAX, 1, (uint64_t)1 << 63, 0xff00ff00ff00ff00u};
    for (size_t i = 5; i < WORDS; i++)
        bits[i] = rng_bits(1, 0, i);
    for (size_t n = 0, wanted = 0; n <= 64 * WORDS; n++) {
        EQUAL(bits_count(bits, n), wanted);
        wanted += n < 64 * WORDS && (bits[n / 64] >> n % 64 & 1) != 0;
    }
}

UNIT_MAIN(UNIT(counted_one_by_one))
