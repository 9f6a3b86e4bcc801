#include "common/base/rng.h"
#include "common/metric/paired.h"
#include "tests/unit.h"

static const double ones[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

// scipy 1.17: wilcoxon(a, b, method="approx", correction=False).pvalue
static void wilcoxon_is_scipys(void)
{
    static const double a[] = {0.5, 0.25, 1, 0.75, 0.125, 0.5, 0.875, 0.25, 0.625, 1, 0.5, 0.375}, b[] = {0.25, 0.25, 0.5, 0.875, 0, 0.25, 0.75, 0.5, 0.375, 0.5, 0.5, 0.125};
    struct paired_test test = paired_test(&(struct paired){a, b, ones, 12}, 1);
    NEAR(test.p_wilcoxon, 0.0433110095995, 1e-9);
    NEAR(test.difference, 0.15625, 1e-15);
    test = paired_test(&(struct paired){b, a, ones, 12}, 1);
    NEAR(test.p_wilcoxon, 0.0433110095995, 1e-9);
    NEAR(test.difference, -0.15625, 1e-15);
}

static void bootstrap_is_near_the_normal(void)
{
    double a[400], b[400], w[400], sum = 0, squares = 0;
    for (size_t i = 0; i < 400; i++) {
        a[i] = rng_unit(rng_bits(7, 0, i));
        b[i] = rng_unit(rng_bits(7, 1, i)) - 0.05;
        w[i] = 1;
        sum += a[i] - b[i];
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    }
    double mean = sum / 400, error = sqrt((squares / 400 - mean * mean) / 400);
    struct paired_test test = paired_test(&(struct paired){a, b, w, 400}, 1), other = paired_test(&(struct paired){b, a, w, 400}, 1);
    NEAR(test.difference, mean, 1e-12);
    // The ends of an interval from a thousand draws are uncertain by about 8 % of the standard error.
    NEAR((test.low - mean) / error, -1.96, 0.15);
    NEAR((test.high - mean) / error, 1.96, 0.15);
    NEAR(test.p_bootstrap, erfc(mean / error / sqrt(2)), 0.03);
    NEAR(other.low, -test.high, 1e-12);
    NEAR(other.p_bootstrap, test.p_bootstrap, 1e-12);
    CHECK(paired_test(&(struct paired){a, b, w, 400}, 1).low == test.low && paired_test(&(struct paired){a, b, w, 400}, 2).low != test.low);
}

static void weights_are_of_rows(void)
{
    static const double a[] = {1, 0.5}, b[] = {0, 0.5}, w[] = {1, 3};
    struct paired_test test = paired_test(&(struct paired){a, b, w, 2}, 1);
    NEAR(test.value, 2.5 / 4, 1e-15);
    NEAR(test.other, 1.5 / 4, 1e-15);
    NEAR(test.low, 0, 0);
    NEAR(test.high, 1, 0);
}

static void edges(void)
{
    static const double a[] = {0.5, 0.25, 0.75};
    struct paired_test test = paired_test(&(struct paired){a, a, ones, 3}, 1);
    NEAR(test.difference, 0, 0);
    NEAR(test.p_bootstrap, 1, 0);
    NEAR(test.p_wilcoxon, 1, 0);
    test = paired_test(&(struct paired){a, a, ones, 0}, 1);
    CHECK(isnan(test.difference) && isnan(test.p_bootstrap) && isnan(test.p_wilcoxon));
    static const double zero[] = {0, 0, 0};
    test = paired_test(&(struct paired){a, zero, ones, 1}, 1);
    NEAR(test.low, 0.5, 0);
    NEAR(test.p_bootstrap, 2 / 1001., 1e-12);
    NEAR(test.p_wilcoxon, 0.317310508, 1e-8);  // one difference: z = 1
}

UNIT_MAIN(UNIT(wilcoxon_is_scipys), UNIT(bootstrap_is_near_the_normal), UNIT(weights_are_of_rows), UNIT(edges))
