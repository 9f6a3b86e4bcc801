#include <stdlib.h>

#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/math/softmax.h"
#include "common/math/update.h"
#include "tests/unit.h"

enum { N = 4096 };

static float scores[N], before[N], bias[N];

static void clear(void)
{
    memset(scores, 0, sizeof scores);
    memset(bias, 0, sizeof bias);
}

static void exponentials_are_right_to_two_roundings(void)
{
    clear();
    for (size_t i = 0; i < N; i++)
        before[i] = scores[i] = -(float)i * 0.0212f;
    double sum = softmax_exp(scores, bias, 0, N), wanted = 0;
    for (size_t i = 0; i < N; i++) {
        double e = before[i] < -87 ? 0 : exp((double)before[i]);
        CHECK(fabs((double)scores[i] - e) <= 2e-7 * e);
        wanted += (double)scores[i];
    }
    NEAR(sum, wanted, 1e-12);
}

static void a_row_of_equal_logits(void)
{
    clear();
    EQUAL(softmax_max(scores, bias, 16), 0);
    EQUAL(softmax_exp(scores, bias, 0, 16), 16);
    for (size_t i = 0; i < 16; i++)
        EQUAL(scores[i], 1);
    softmax_scale(scores, 0.5f, 16);
    NEAR(scores[15], 0.5, 0);
}

static void the_bias_counts_and_padding_does_not(void)
{
    clear();
    for (size_t i = 5; i < 32; i++)
        bias[i] = -INFINITY;
    bias[2] = 3;
    scores[2] = 4;
    NEAR(softmax_max(scores, bias, 32), 7, 0);
    double sum = softmax_exp(scores, bias, 7, 32);
    NEAR(sum, 1 + 4 * exp(-7), 1e-6);
    EQUAL(scores[5], 0);
    EQUAL(scores[31], 0);
}

static void nothing_at_all(void)
{
    CHECK(softmax_max(scores, bias, 0) == -INFINITY);
    EQUAL(softmax_exp(scores, bias, 0, 0), 0);
}

static void what_is_not_finite_stays_visible(void)
{
    for (size_t at = 0; at < 32; at += 7) {
        clear();
        scores[at] = NAN;
        CHECK(isnan(softmax_exp(scores, bias, softmax_max(scores, bias, 32), 32)));
        clear();
        scores[at] = INFINITY;
        CHECK(isnan(softmax_exp(scores, bias, softmax_max(scores, bias, 32), 32)));
    }
}

static void finite_or_not(void)
{
    for (size_t n = 0; n < 40; n++) {
        clear();
        CHECK(update_finite(scores, n));
        if (n > 0) {
            scores[n - 1] = NAN;
            CHECK(!update_finite(scores, n));
            scores[n - 1] = -INFINITY;
            CHECK(!update_finite(scores, n));
            scores[n - 1] = 3e38f;
            CHECK(update_finite(scores, n));
        }
    }
}

// a (2, 3), b (2, 3): a b^T (2, 2); then times c (2, 3); then a^T (a b^T).
static void products(void)
{
    float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 1, 0, 1, 0}, ab[4], abb[6] = {100, 100, 100, 100, 100, 100}, aab[6];
    matrix_nt(2, 2, 3, 2, a, 3, b, 3, 0, ab, 2);
    EQUAL(ab[0], 8);
    EQUAL(ab[1], 4);
    EQUAL(ab[2], 20);
    EQUAL(ab[3], 10);
    matrix_nn(2, 3, 2, 1, ab, 2, b, 3, 1, abb, 3);
    EQUAL(abb[0], 108);
    EQUAL(abb[1], 104);
    EQUAL(abb[5], 120);
    matrix_tn(3, 2, 2, 1, a, 3, ab, 2, 0, aab, 2);
    EQUAL(aab[0], 88);
    EQUAL(aab[5], 72);
    matrix_nt(0, 2, 3, 1, a, 3, b, 3, 0, NULL, 2);
}

static void lengths_become_one(void)
{
    float x[3 * 37] = {0}, y[3 * 37];
    for (size_t i = 0; i < 37; i++)
        x[37 + i] = (float)i;
    x[2 * 37] = -4;
    rows_normalize(x, 3, 37, y);
    double squares = 0;
    for (size_t i = 0; i < 37; i++) {
        EQUAL(y[i], 0);
        squares += (double)(y[37 + i] * y[37 + i]);
    }
    NEAR(squares, 1, 1e-6);
    NEAR(y[2 * 37], -1, 1e-7);
}

UNIT_MAIN(UNIT(exponentials_are_right_to_two_roundings), UNIT(a_row_of_equal_logits), UNIT(the_bias_counts_and_padding_does_not),
          UNIT(nothing_at_all), UNIT(what_is_not_finite_stays_visible), UNIT(finite_or_not), UNIT(products), UNIT(lengths_become_one))
