#include "common/math/ials.h"

#include <stdlib.h>

#include "common/base/rng.h"
#include "common/math/matrix.h"
#include "tests/unit.h"

static struct arena arena;

static double draw(size_t i)
{
    return 2 * rng_unit(rng_bits(7, i, 0)) - 1;
}

// Lists of about `density` of all pairs; user 1 took nothing, item 0 was taken by nobody.
static struct ials_lists some_lists(size_t users, size_t items, double density, bool weighted)
{
    size_t *starts = arena_zeros(&arena, users + 1, sizeof *starts);
    uint32_t *ids = arena_array(&arena, users * items, sizeof *ids);
    float *weights = arena_array(&arena, users * items, sizeof *weights);
    size_t n = 0;
    for (size_t u = 0; u < users; u++) {
        starts[u] = n;
        for (size_t i = 1; i < items && u != 1; i++)
            if (rng_unit(rng_bits(1, u, i)) < density) {
                weights[n] = (float)(0.5 + rng_unit(rng_bits(2, u, i)));
                ids[n++] = (uint32_t)i;
            }
    }
    starts[users] = n;
    return (struct ials_lists){users, starts, ids, weighted ? weights : NULL};
}

static float *vectors(size_t rows, size_t dim, size_t from)
{
    float *x = arena_array(&arena, rows * dim + 1, sizeof *x);
    for (size_t i = 0; i < rows * dim; i++)
        x[i] = (float)draw(from + i) * 0.3f;
    return x;
}

static double regularisation(const struct ials_plan *plan, const struct ials_lists *lists, size_t r, size_t others)
{
    double n = 0;
    for (size_t k = lists->starts[r]; k < lists->starts[r + 1]; k++)
        n += lists->weights != NULL ? (double)lists->weights[k] : 1;
    return plan->reg * pow(n + plan->alpha0 * (double)others, plan->nu);
}

// The sum that is minimised, in doubles, without the other side's regularisation: of row r, as the header has it.
static double objective(const struct ials_plan *plan, const struct ials_lists *lists, size_t r, const double *x, const float *y, size_t others)
{
    double sum = 0;
    for (size_t i = 0; i < others; i++) {
        double s = 0;
        for (size_t j = 0; j < plan->dim; j++)
            s += x[j] * (double)y[i * plan->dim + j];
        sum += plan->alpha0 * s * s;
        for (size_t k = lists->starts[r]; k < lists->starts[r + 1]; k++)
            if (lists->ids[k] == i)
                sum += (lists->weights != NULL ? (double)lists->weights[k] : 1) * (1 - s) * (1 - s);
    }
    for (size_t j = 0; j < plan->dim; j++)
        sum += regularisation(plan, lists, r, others) * x[j] * x[j];
    return sum;
}

static double total(const struct ials_plan *plan, const struct ials_lists *lists, const float *x, const float *y, size_t others)
{
    double sum = 0, *wide = arena_zeros(&arena, plan->dim, sizeof *wide);
    for (size_t r = 0; r < lists->rows; r++) {
        for (size_t j = 0; j < plan->dim; j++)
            wide[j] = (double)x[r * plan->dim + j];
        sum += lists->starts[r] < lists->starts[r + 1] ? objective(plan, lists, r, wide, y, others) : 0;
    }
    return sum;
}

// At the minimum no number can be moved to any good, and the sum that is returned is that of before.
static void at_the_minimum(size_t dim, size_t steps, bool weighted, double nu)
{
    arena_reset(&arena);
    struct arena scratch = {0};
    struct pool *pool = pool_new(2);
    struct ials_plan plan = {.dim = dim, .alpha0 = 0.2, .reg = 0.05, .nu = nu, .steps = steps};
    size_t users = 37, items = 23;
    struct ials_lists lists = some_lists(users, items, 0.3, weighted);
    float *x = vectors(users, dim, 0), *y = vectors(items, dim, 100000);
    double wide[256], before = total(&plan, &lists, x, y, items) - 0;
    for (size_t j = 0; j < dim; j++)
        x[dim + j] = 0;
    NEAR(ials_update(&plan, &lists, x, y, items, pool, &scratch), before, 2e-5);
    for (size_t r = 0; r < users; r++) {
        for (size_t j = 0; j < dim; j++)
            wide[j] = (double)x[r * dim + j];
        for (size_t j = 0; j < dim; j++) {
            double h = 1e-3, at = wide[j];
            wide[j] = at + h;
            double above = objective(&plan, &lists, r, wide, y, items);
            wide[j] = at - h;
            double below = objective(&plan, &lists, r, wide, y, items);
            wide[j] = at;
            NEAR((above - below) / (2 * h), 0, 1e-3);
        }
    }
    for (size_t j = 0; j < dim; j++)
        CHECK(x[dim + j] == 0);  // user 1 took nothing
    pool_free(pool);
    arena_free(&scratch);
}

static void exact_is_the_minimum(void)
{
    static const size_t dims[] = {1, 2, 5, 15, 16, 17, 32, 48, 64, 130, 144};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        at_the_minimum(dims[i], 0, i % 2 == 0, i % 3 == 0 ? 0.5 : 1);
}

static void gradients_reach_the_minimum(void)
{
    static const size_t dims[] = {1, 2, 5, 15, 16, 17, 32, 48, 64, 130, 144};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        at_the_minimum(dims[i], 60, i % 2 == 1, i % 3 == 0 ? 0.5 : 1);
}

static void one_pair_by_hand(void)
{
    static const size_t starts[] = {0, 1};
    static const uint32_t ids[] = {1};
    struct ials_plan plan = {.dim = 1, .alpha0 = 0.5, .reg = 0.1, .nu = 1, .steps = 0};
    struct ials_lists lists = {1, starts, ids, NULL};
    struct pool *pool = pool_new(1);
    float x = 0, y[] = {1, 2, 3};
    // (0.5 * 14 + 4 + 0.1 (1 + 0.5 * 3)) x = 2; at x = 0 the pair costs 1.
    NEAR(ials_update(&plan, &lists, &x, y, 3, pool, &arena), 1, 1e-6);
    NEAR(x, 2 / 11.25, 1e-6);
    plan.steps = 1;  // in one dimension one step is enough
    x = -1;
    NEAR(ials_update(&plan, &lists, &x, y, 3, pool, &arena), 9 + 7 + 0.25, 1e-6);
    NEAR(x, 2 / 11.25, 1e-6);
    pool_free(pool);
}

static void a_weight_is_a_repetition(void)
{
    static const size_t twice_starts[] = {0, 3}, once_starts[] = {0, 2};
    static const uint32_t twice[] = {2, 0, 2}, once[] = {0, 2};
    static const float weights[] = {1, 2};
    for (size_t steps = 0; steps < 4; steps += 3) {
        struct ials_plan plan = {.dim = 8, .alpha0 = 0.1, .reg = 0.1, .nu = 1, .steps = steps};
        float *y = vectors(3, 8, 5), a[8] = {0}, b[8] = {0};
        struct pool *pool = pool_new(1);
        ials_update(&plan, &(struct ials_lists){1, twice_starts, twice, NULL}, a, y, 3, pool, &arena);
        ials_update(&plan, &(struct ials_lists){1, once_starts, once, weights}, b, y, 3, pool, &arena);
        for (size_t j = 0; j < 8; j++)
            NEAR(a[j], b[j], 1e-5);
        pool_free(pool);
    }
}

static void threads_change_nothing(void)
{
    for (size_t steps = 0; steps < 4; steps += 3) {
        struct ials_plan plan = {.dim = 20, .alpha0 = 0.1, .reg = 0.1, .nu = 1, .steps = steps};
        struct ials_lists lists = some_lists(300, 90, 0.2, true);
        float *y = vectors(90, 20, 5), *x[2];
        double sums[2];
        for (size_t i = 0; i < 2; i++) {
            struct pool *pool = pool_new(i == 0 ? 1 : 3);
            x[i] = vectors(300, 20, 9);
            sums[i] = ials_update(&plan, &lists, x[i], y, 90, pool, &arena);
            pool_free(pool);
        }
        CHECK(sums[0] == sums[1]);
        CHECK(memcmp(x[0], x[1], 300 * 20 * sizeof(float)) == 0);
    }
}

static void lists_turned_over(void)
{
    struct ials_lists lists = some_lists(40, 30, 0.2, true), other = ials_transpose(&lists, 30, &arena), back = ials_transpose(&other, 40, &arena);
    EQUAL(other.rows, 30);
    EQUAL(other.starts[0], 0);
    EQUAL(other.starts[1], 0);  // item 0
    EQUAL(other.starts[30], lists.starts[40]);
    CHECK(memcmp(back.starts, lists.starts, 41 * sizeof *back.starts) == 0);
    CHECK(memcmp(back.ids, lists.ids, lists.starts[40] * sizeof *back.ids) == 0);
    CHECK(memcmp(back.weights, lists.weights, lists.starts[40] * sizeof *back.weights) == 0);
    static const size_t nothing[] = {0};
    other = ials_transpose(&(struct ials_lists){0, nothing, NULL, NULL}, 2, &arena);
    EQUAL(other.starts[2], 0);
}

static void nothing_at_all(void)
{
    static const size_t nothing[] = {0, 0};
    struct pool *pool = pool_new(2);
    for (size_t steps = 0; steps < 2; steps++) {
        struct ials_plan plan = {.dim = 4, .alpha0 = 0.1, .reg = 0.1, .nu = 1, .steps = steps};
        float x[] = {1, 2, 3, 4};
        CHECK(ials_update(&plan, &(struct ials_lists){1, nothing, NULL, NULL}, x, NULL, 0, pool, &arena) == 0);
        CHECK(x[0] == 0 && x[3] == 0);
        CHECK(ials_update(&plan, &(struct ials_lists){0, nothing, NULL, NULL}, NULL, NULL, 0, pool, &arena) == 0);
    }
    pool_free(pool);
}

static void inverses(void)
{
    size_t n = 33;
    float *a = arena_zeros(&arena, n * n, sizeof *a), *inverse = arena_zeros(&arena, n * n, sizeof *a), *x = vectors(n, n, 3);
    matrix_tn(n, n, n, 1, x, n, x, n, 0, a, n);
    for (size_t i = 0; i < n; i++)
        a[i * n + i] += 1;
    memcpy(inverse, a, n * n * sizeof *a);
    CHECK(matrix_invert(n, inverse, 1));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += (double)a[i * n + k] * (double)inverse[k * n + j];
            NEAR(sum, i == j, 1e-4);
        }
    float not[] = {1, 2, 2, 1}, b[] = {1, 1};
    CHECK(!matrix_invert(2, not, 1));
    float still_not[] = {1, 2, 2, 1};
    matrix_solve(2, still_not, 2, b);
    CHECK(isnan(b[0]) && isnan(b[1]));
    CHECK(matrix_invert(0, NULL, 1));
}

static void pairs_become_lists(void)
{
    uint32_t of[] = {2, 0, 2, 3, 2}, ids[] = {5, 6, 7, 8, 5};
    float weights[] = {1, 2, 3, 4, 5};
    struct ials_lists lists = ials_lists_of(of, ids, weights, 5, 5, &arena);
    size_t starts[] = {0, 1, 1, 4, 5, 5};
    uint32_t wanted[] = {6, 5, 7, 5, 8};
    float weighted[] = {2, 1, 3, 5, 4};
    EQUAL(lists.rows, 5);
    CHECK(memcmp(lists.starts, starts, sizeof starts) == 0);
    CHECK(memcmp(lists.ids, wanted, sizeof wanted) == 0);
    CHECK(memcmp(lists.weights, weighted, sizeof weighted) == 0);
    CHECK(ials_lists_of(of, ids, NULL, 5, 5, &arena).weights == NULL);
    EQUAL(ials_lists_of(of, ids, NULL, 0, 0, &arena).starts[0], 0);
}

UNIT_MAIN(UNIT(pairs_become_lists), UNIT(one_pair_by_hand), UNIT(exact_is_the_minimum), UNIT(gradients_reach_the_minimum), UNIT(a_weight_is_a_repetition),
          UNIT(threads_change_nothing), UNIT(lists_turned_over), UNIT(nothing_at_all), UNIT(inverses))
