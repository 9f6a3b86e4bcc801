#include <stdlib.h>

#include "common/base/arena.h"
#include "common/metric/baseline.h"
#include "tests/unit.h"

// Seven queries, the sixth without anything, and six candidates, the last one taken by nobody.
static const uint32_t lists[] = {0, 3, 5, 7, 10, 11, 11, 15}, taken[] = {0, 1, 2, 1, 2, 0, 3, 2, 3, 4, 1, 0, 1, 2, 3}, counts[] = {3, 4, 4, 3, 1, 0};
static const struct baseline_data seven = {.lists = lists, .taken = taken, .n_queries = 7, .counts = counts, .n_candidates = 6};

static void scores_are(const char *text, const struct baseline_data *data, const uint32_t *history, size_t n, const float *wanted, double tolerance)
{
    struct arena arena = {0};
    struct call call = call_parse(&arena, text, "test");
    const struct baseline_kind *kind = baseline_kind(call.name);
    struct pool *pool = pool_new(2);
    void *fitted = kind->fit(&call, data, pool);
    CHECK(fitted != NULL);
    float scores[6] = {0};
    kind->score(fitted, history, n, scores);
    for (size_t i = 0; i < data->n_candidates; i++)
        NEAR(scores[i], wanted[i], tolerance);
    kind->free(fitted);
    pool_free(pool);
    arena_free(&arena);
}

static const uint32_t both[] = {0, 2}, one[] = {4};

// numpy 1.24, in double: P = inv(G + lambda I), B = -P / diag(P), its diagonal 0.
// numpy's scores to the nearest of 8192 steps; the model itself: unit_ease.
static void ease_is_numpys(void)
{
    scores_are("ease(lambda=2.5)", &seven, both, 2,
               (const float[]){1193 / 8192.0f, 5262 / 8192.0f, 1248 / 8192.0f, 4061 / 8192.0f, 568 / 8192.0f, 0}, 0);
    scores_are("ease(lambda=2.5)", &seven, one, 1,
               (const float[]){-1039 / 8192.0f, -909 / 8192.0f, 1880 / 8192.0f, 1892 / 8192.0f, 0, 0}, 0);
    // Six candidates were taken 15 times: lambda is 45 times the root of 15 / 6.
    scores_are("ease", &seven, both, 2, (const float[]){204 / 8192.0f, 529 / 8192.0f, 207 / 8192.0f, 420 / 8192.0f, 101 / 8192.0f, 0}, 0);
}

static void knn_is_numpys(void)
{
    scores_are("knn(shrink=0)", &seven, both, 2, (const float[]){0.577350269f, 1.32735027f, 0.577350269f, 1.24401694f, 0.5f, 0}, 2e-7);
    scores_are("knn(shrink=0)", &seven, one, 1, (const float[]){0, 0, 0.5f, 0.577350269f, 0, 0}, 2e-7);
    scores_are("knn(neighbours=2, shrink=1.5)", &seven, both, 2,
               (const float[]){0, 0.948347184f, 0.402892639f, 0.847337083f, 0.285714286f, 0}, 2e-7);
    scores_are("knn", &seven, both, 2, (const float[]){0.148543145f, 0.362828859f, 0.148543145f, 0.302389299f, 0.0833333333f, 0}, 2e-7);
    scores_are("knn(neighbours=2, shrink=1.5)", &seven, one, 1, (const float[]){0, 0, 0, 0, 0, 0}, 0);
}

static struct baseline *made(const char *text, const struct baseline_data *data)
{
    static struct arena arena;
    struct call call = call_parse(&arena, text, "test");
    struct pool *pool = pool_new(1);
    struct baseline *baseline = baseline_new(&call, data, pool);
    pool_free(pool);
    return baseline;
}

static void list_is(struct baseline *baseline, const uint32_t *history, size_t n, bool excluded, size_t k, const uint32_t *wanted, size_t length)
{
    struct metric_list list = baseline_list(baseline, history, n, excluded, k);
    EQUAL(list.n, length);
    for (size_t i = 0; i < length; i++) {
        EQUAL(list.rows[i], wanted[i]);
        CHECK(list.scores[i] == -(float)i);
    }
}

static void lists_are_in_order(void)
{
    struct baseline *knn = made("knn(shrink=0)", &seven);
    SAME_TEXT(baseline_name(knn), "knn");
    list_is(knn, both, 2, false, 9, (const uint32_t[]){1, 3, 2, 0, 4, 5}, 6);  // 0 and 2 tie: the more popular first
    list_is(knn, both, 2, true, 9, (const uint32_t[]){1, 3, 4, 5}, 4);
    list_is(knn, both, 2, true, 2, (const uint32_t[]){1, 3}, 2);
    list_is(knn, both, 2, false, 0, NULL, 0);
    list_is(knn, NULL, 0, true, 3, (const uint32_t[]){1, 2, 0}, 3);            // knows nothing: popularity
    list_is(knn, one, 1, true, 6, (const uint32_t[]){3, 2, 1, 0, 5}, 5);
    baseline_free(knn);
    struct baseline *ease = made("ease(lambda=2.5)", &seven);
    list_is(ease, one, 1, true, 6, (const uint32_t[]){3, 2, 5, 1, 0}, 5);
    baseline_free(ease);
}

static void edges(void)
{
    static const uint32_t none[] = {0, 0}, zero[1], single[] = {0, 1};
    struct baseline_data nobody = {.lists = none, .taken = none, .n_queries = 1, .counts = counts, .n_candidates = 2},
                         nothing = {.lists = none, .taken = none, .n_queries = 0, .counts = counts, .n_candidates = 0},
                         alone = {.lists = single, .taken = zero, .n_queries = 1, .counts = counts, .n_candidates = 1};
    for (size_t i = 0; baseline_kinds[i] != NULL; i++) {
        struct baseline *baseline = made(baseline_kinds[i]->name, &nobody);
        list_is(baseline, zero, 1, false, 5, (const uint32_t[]){1, 0}, 2);     // counts 3 and 4
        baseline_free(baseline);
        baseline = made(baseline_kinds[i]->name, &nothing);
        list_is(baseline, NULL, 0, true, 5, NULL, 0);
        baseline_free(baseline);
        baseline = made(baseline_kinds[i]->name, &alone);
        list_is(baseline, zero, 1, false, 5, zero, 1);
        list_is(baseline, zero, 1, true, 5, NULL, 0);
        baseline_free(baseline);
    }
}

// Of many candidates with few different scores, the list is the front of the whole order.
static void a_short_list_is_the_front_of_a_long_one(void)
{
    enum { N = 101, QUERIES = 40, TOOK = 7 };
    static uint32_t begins[QUERIES + 1], many[QUERIES * TOOK], times[N], order[N];
    for (size_t q = 0; q < QUERIES; q++) {
        for (size_t i = 0; i < TOOK; i++) {
            many[q * TOOK + i] = (uint32_t)((q * 5 + i * i * 3) % N);
            times[many[q * TOOK + i]]++;
        }
        begins[q + 1] = (uint32_t)((q + 1) * TOOK);
    }
    struct baseline_data data = {.lists = begins, .taken = many, .n_queries = QUERIES, .counts = times, .n_candidates = N};
    struct baseline *knn = made("knn(neighbours=3)", &data);
    struct metric_list whole = baseline_list(knn, many, TOOK, true, N);
    EQUAL(whole.n, N - TOOK);
    memcpy(order, whole.rows, whole.n * sizeof *order);
    for (size_t k = 1; k < N; k += 9)
        list_is(knn, many, TOOK, true, k, order, k < N - TOOK ? k : N - TOOK);
    baseline_free(knn);
}

UNIT_MAIN(UNIT(ease_is_numpys), UNIT(knn_is_numpys), UNIT(lists_are_in_order), UNIT(edges), UNIT(a_short_list_is_the_front_of_a_long_one))
