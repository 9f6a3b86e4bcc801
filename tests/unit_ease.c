// ease: the weights against the normal equations of each regression, and what cannot be inverted.
#include "common/math/ease.h"

#include "common/base/rng.h"
#include "tests/unit.h"

enum { USERS = 29, ITEMS = 7 };

static uint32_t lists[USERS + 1], taken[USERS * ITEMS];

static void fill(void)
{
    size_t n = 0;
    for (size_t u = 0; u < USERS; u++) {
        lists[u] = (uint32_t)n;
        for (size_t i = 0; i < ITEMS; i++)
            if (rng_unit(rng_bits(7, u, i)) < 0.4)
                taken[n++] = (uint32_t)i;
    }
    lists[USERS] = (uint32_t)n;
}

static double has(size_t u, size_t i)
{
    for (uint32_t t = lists[u]; t < lists[u + 1]; t++)
        if (taken[t] == i)
            return 1;
    return 0;
}

// Column j is least squares with ridge lambda: for each i other than j, sum over users of x_i (x_j - prediction) = lambda w_ij.
static void weights_solve_the_regressions(void)
{
    fill();
    float weights[ITEMS * ITEMS];
    CHECK(ease_weights(USERS, ITEMS, lists, taken, 3, weights));
    for (size_t j = 0; j < ITEMS; j++) {
        CHECK(weights[j * ITEMS + j] == 0);
        for (size_t i = 0; i < ITEMS; i++) {
            double sum = 0;
            for (size_t u = 0; u < USERS; u++) {
                double rest = has(u, j);
                for (size_t l = 0; l < ITEMS; l++)
                    rest -= has(u, l) * weights[l * ITEMS + j];
                sum += has(u, i) * rest;
            }
            if (i != j)
                NEAR(sum, 3 * weights[i * ITEMS + j], 1e-4);
        }
    }
}

static void two_items_by_hand(void)
{
    // Both taken by two users, the first alone by a third: X^T X = [[3, 2], [2, 2]], lambda 1, weights 2 / (own count + 1).
    uint32_t starts[] = {0, 2, 4, 5}, ids[] = {0, 1, 0, 1, 0};
    float weights[4];
    CHECK(ease_weights(3, 2, starts, ids, 1, weights));
    NEAR(weights[1], 2.0 / 4, 1e-6);
    NEAR(weights[2], 2.0 / 3, 1e-6);
}

static void edges(void)
{
    uint32_t starts[] = {0, 1}, ids[] = {0};
    float one = 9;
    CHECK(ease_weights(1, 1, starts, ids, 1, &one));
    CHECK(one == 0);
    CHECK(ease_weights(0, 0, starts, ids, 1, &one));
    float singular[4];
    uint32_t pair[] = {0, 2}, both[] = {0, 1};
    CHECK(!ease_weights(1, 2, pair, both, 0, singular));
    NEAR(ease_lambda(400, 100), 90, 1e-9);
    CHECK(ease_lambda(0, 0) == 0);
}

UNIT_MAIN(UNIT(weights_solve_the_regressions), UNIT(two_items_by_hand), UNIT(edges))
