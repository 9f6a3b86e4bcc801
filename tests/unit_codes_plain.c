// The tests of codes for the code of machines without the instructions.
#define CODES_PLAIN
#include "common/math/codes.c"
#include "tests/unit_codes.c"
