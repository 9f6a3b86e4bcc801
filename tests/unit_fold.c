// fold: a matrix of low rank comes back whole, in fewer dimensions the best part of it, and threads change no byte.
#include "common/math/fold.h"

#include <stdlib.h>

#include "common/base/rng.h"
#include "tests/unit.h"

enum { USERS = 37, ITEMS = 23, DIM = 3 };

static float user[USERS * DIM], item[ITEMS * DIM], similar[ITEMS * ITEMS], column[ITEMS];
static uint32_t lists[USERS + 1], taken[USERS * 2];

static void fill(void)
{
    for (size_t i = 0; i < USERS * DIM; i++)
        user[i] = (float)(rng_unit(rng_bits(1, 1, i)) - 0.5);
    for (size_t i = 0; i < ITEMS * DIM; i++)
        item[i] = (float)(rng_unit(rng_bits(1, 2, i)) - 0.5);
    for (size_t i = 0; i < ITEMS * ITEMS; i++)
        similar[i] = (float)(rng_unit(rng_bits(1, 3, i)) - 0.5);
    for (size_t i = 0; i < ITEMS; i++)
        column[i] = (float)(0.5 + rng_unit(rng_bits(1, 4, i)));
    for (size_t u = 0; u <= USERS; u++)
        lists[u] = (uint32_t)(2 * u);
    for (size_t i = 0; i < USERS * 2; i++)
        taken[i] = (uint32_t)rng_below(rng_bits(1, 5, i), ITEMS);
}

// The standardised row of one user, the plain way.
static void standardized(double *row)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < ITEMS; i++)
        mean += row[i] / ITEMS;
    for (size_t i = 0; i < ITEMS; i++)
        squares += (row[i] - mean) * (row[i] - mean) / ITEMS;
    for (size_t i = 0; i < ITEMS; i++)
        row[i] = (row[i] - mean) / sqrt(squares);
}

static void wanted(size_t u, double blend, double *row)
{
    double more[ITEMS] = {0};
    for (size_t i = 0; i < ITEMS; i++) {
        row[i] = 0;
        for (size_t d = 0; d < DIM; d++)
            row[i] += (double)user[u * DIM + d] * item[i * DIM + d];
        for (uint32_t t = lists[u]; t < lists[u + 1]; t++)
            more[i] += similar[taken[t] * ITEMS + i];
    }
    standardized(row);
    standardized(more);
    for (size_t i = 0; i < ITEMS; i++)
        row[i] += blend * more[i];
}

static double score(const float *users, const float *items, size_t k, size_t u, size_t i)
{
    double sum = 0;
    for (size_t d = 0; d < k; d++)
        sum += (double)users[u * k + d] * items[i * k + d];
    return sum;
}

static void low_rank_comes_back_whole(void)
{
    fill();
    // Rank 3, and one more for the means that are taken off.
    enum { K = 4 };
    float users[USERS * K], items[ITEMS * K];
    struct fold fold = {.users = USERS, .items = ITEMS, .dim = DIM, .user = user, .item = item, .column = column, .k = K, .passes = 4};
    struct pool *pool = pool_new(1);
    fold_run(&fold, pool, users, items);
    pool_free(pool);
    for (size_t u = 0; u < USERS; u++) {
        double row[ITEMS];
        wanted(u, 0, row);
        for (size_t i = 0; i < ITEMS; i++)
            NEAR(score(users, items, K, u, i), row[i], 1e-4);
    }
}

static void full_rank_with_item_weights_comes_back_whole(void)
{
    fill();
    static float users[USERS * ITEMS], items[ITEMS * ITEMS];
    struct fold fold = {.users = USERS, .items = ITEMS, .dim = DIM, .user = user, .item = item, .lists = lists, .taken = taken,
                        .similar = similar, .blend = 0.25, .k = ITEMS, .passes = 2};
    struct pool *pool = pool_new(2);
    fold_run(&fold, pool, users, items);
    pool_free(pool);
    for (size_t u = 0; u < USERS; u++) {
        double row[ITEMS];
        wanted(u, 0.25, row);
        for (size_t i = 0; i < ITEMS; i++)
            NEAR(score(users, items, ITEMS, u, i), row[i], 1e-4);
    }
}

static double squared_error(size_t k)
{
    float users[USERS * ITEMS], items[ITEMS * ITEMS];
    struct fold fold = {.users = USERS, .items = ITEMS, .dim = DIM, .user = user, .item = item, .lists = lists, .taken = taken,
                        .similar = similar, .blend = 1, .k = k, .passes = 30};
    struct pool *pool = pool_new(1);
    fold_run(&fold, pool, users, items);
    pool_free(pool);
    double sum = 0;
    for (size_t u = 0; u < USERS; u++) {
        double row[ITEMS];
        wanted(u, 1, row);
        for (size_t i = 0; i < ITEMS; i++)
            sum += pow(score(users, items, k, u, i) - row[i], 2);
    }
    return sum;
}

// Eckart and Young: what rank k leaves is the sum of the later squared singular values, so it falls by less and less.
static void every_rank_takes_less_than_the_one_before(void)
{
    fill();
    double before = squared_error(1), fall = before;
    for (size_t k = 2; k <= 8; k++) {
        double now = squared_error(k);
        CHECK(now < before);
        CHECK(before - now <= fall + 1e-3);
        fall = before - now;
        before = now;
    }
}

static void threads_and_memory_change_no_byte(void)
{
    fill();
    enum { K = 5 };
    float users[2][USERS * K], items[2][ITEMS * K];
    for (size_t threads = 1; threads <= 2; threads++) {
        struct fold fold = {.users = USERS, .items = ITEMS, .dim = DIM, .user = user, .item = item, .lists = lists, .taken = taken,
                            .similar = similar, .blend = 1, .k = K, .passes = 3, .memory_bytes = threads == 1 ? USERS * ITEMS * 4 : 0};
        struct pool *pool = pool_new(threads);
        fold_run(&fold, pool, users[threads - 1], items[threads - 1]);
        pool_free(pool);
    }
    CHECK(memcmp(users[0], users[1], sizeof users[0]) == 0);
    CHECK(memcmp(items[0], items[1], sizeof items[0]) == 0);
}

static void one_item_and_few_users(void)
{
    fill();
    float users[2], items[1];
    struct fold fold = {.users = 2, .items = 1, .dim = DIM, .user = user, .item = item, .k = 1, .passes = 2};
    struct pool *pool = pool_new(2);
    fold_run(&fold, pool, users, items);
    pool_free(pool);
    CHECK(isfinite(users[0]) && isfinite(users[1]) && isfinite(items[0]));
}

UNIT_MAIN(UNIT(low_rank_comes_back_whole), UNIT(full_rank_with_item_weights_comes_back_whole), UNIT(every_rank_takes_less_than_the_one_before),
          UNIT(threads_and_memory_change_no_byte), UNIT(one_item_and_few_users))
