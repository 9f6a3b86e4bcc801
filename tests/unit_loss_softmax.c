#include <stdbool.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/model/loss.h"
#include "tests/golden.h"
#include "tests/softmax_pairs.h"
#include "tests/unit.h"

static struct arena arena;

static void near_floats(const char *name, const char *what, const float *found, const float *wanted, size_t n, double tolerance)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)wanted[i]));
    for (size_t i = 0; i < n; i++) {
        bool near = fabs((double)found[i] - (double)wanted[i]) <= tolerance * fmax(largest, 0.05);
        if (!near)
            printf("# %s: %s[%zu] is %.9g, wanted %.9g\n", name, what, i, (double)found[i], (double)wanted[i]);
        CHECK(near);
    }
}

static uint32_t *ids_of(const json_t *list)
{
    if (!json_is_array(list))
        return NULL;
    uint32_t *ids = arena_array(&arena, json_array_size(list), sizeof *ids);
    for (size_t i = 0; i < json_array_size(list); i++)
        ids[i] = (uint32_t)json_string_value(json_array_get(list, i))[0];
    return ids;
}

struct golden {
    const char *name;
    struct softmax_pairs pairs;
    size_t n_query, n_candidate;   // numbers
    float *d_query, *d_candidate;  // wanted
    double loss;
    bool plain;                    // no hits, mask, extra negatives, heads
};

static struct golden read_case(json_t *file, size_t i)
{
    const json_t *in = golden_inputs(file, i), *out = golden_outputs(file, i), *task = json_object_get(in, "task");
    const json_t *query = json_object_get(in, "query"), *first = json_array_get(json_array_get(query, 0), 0);
    struct golden g = {.name = golden_name(file, i)};
    size_t n = 0;
    struct softmax_pairs *p = &g.pairs;
    *p = (struct softmax_pairs){.n = json_array_size(query), .heads = 1, .factor = 1};
    if (json_is_array(first))
        p->heads = json_array_size(json_array_get(query, 0));
    p->m = json_array_size(json_object_get(in, "candidate"));
    p->query = golden_floats(query, &g.n_query);
    p->candidate = golden_floats(json_object_get(in, "candidate"), &g.n_candidate);
    p->dim = g.n_candidate / p->m;
    p->weight = golden_floats(json_object_get(in, "sample_weight"), &n);
    p->probability = golden_floats(json_object_get(in, "candidate_sampling_probability"), &n);
    p->temperature = golden_get(task, "temperature", 1);
    p->hard = json_object_get(task, "num_hard_negatives") != NULL ? (size_t)golden_get(task, "num_hard_negatives", 0) : SIZE_MAX;
    if (golden_get(task, "remove_accidental_hits", 0) != 0)
        p->hits = ids_of(json_object_get(in, "candidate_ids"));
    float *mask = golden_floats(json_object_get(in, "score_mask"), &n);
    if (mask != NULL) {
        unsigned char *bytes = arena_array(&arena, n, 1);
        for (size_t k = 0; k < n; k++)
            bytes[k] = mask[k] != 0;
        p->mask = bytes;
    }
    g.d_query = golden_floats(json_object_get(out, "grad_query"), &n);
    g.d_candidate = golden_floats(json_object_get(out, "grad_candidate"), &n);
    g.loss = golden_get(out, "loss", NAN);
    g.plain = p->hits == NULL && p->mask == NULL && p->m == p->n && p->heads == 1;
    p->d_query = arena_array(&arena, g.n_query, sizeof(float));
    p->d_candidate = arena_array(&arena, g.n_candidate, sizeof(float));
    return g;
}

static void golden_pairs(void)
{
    json_t *file = golden_open("retrieval_loss");
    EQUAL(golden_cases(file), 18);
    for (size_t i = 0; i < golden_cases(file); i++) {
        struct golden g = read_case(file, i);
        NEAR(softmax_pairs(&g.pairs, &arena), g.loss, 1e-5);
        near_floats(g.name, "d_query", g.pairs.d_query, g.d_query, g.n_query, 1e-5);
        near_floats(g.name, "d_candidate", g.pairs.d_candidate, g.d_candidate, g.n_candidate, 1e-5);
    }
    json_decref(file);
}

// The cases that a batch of a stream can express, through the loss that train calls.
static void golden_batches(void)
{
    json_t *file = golden_open("retrieval_loss");
    struct pool *pool = pool_new(2);
    uint32_t own[] = {0, 1, 2, 3, 4, 5, 6, 7};
    size_t run = 0;
    for (size_t i = 0; i < golden_cases(file); i++) {
        struct golden g = read_case(file, i);
        if (!g.plain || g.pairs.hard == 0)
            continue;
        struct call call = call_parse(&arena, arena_printf(&arena, "softmax(temperature=%.9g, hard=%zu)", g.pairs.temperature,
                                                           g.pairs.hard == SIZE_MAX ? 0 : g.pairs.hard), "test");
        struct loss *loss = loss_new(&call);
        struct loss_batch batch = {.dim = g.pairs.dim, .n_queries = 8, .n_candidates = 8, .query = g.pairs.query,
            .candidate = g.pairs.candidate, .d_query = g.pairs.d_query, .d_candidate = g.pairs.d_candidate, .n = 8, .query_of = own,
            .candidate_of = own, .weight = g.pairs.weight, .probability = g.pairs.probability, .factor = 1};
        NEAR(loss_run(loss, &batch, pool), g.loss, 1e-5);
        near_floats(g.name, "d_query", batch.d_query, g.d_query, g.n_query, 1e-5);
        near_floats(g.name, "d_candidate", batch.d_candidate, g.d_candidate, g.n_candidate, 1e-5);
        loss_free(loss);
        run++;
    }
    EQUAL(run, 9);
    pool_free(pool);
    json_decref(file);
}

// A random batch of n examples; every query and candidate occurs, most of them several times.
static struct loss_batch random_batch(size_t n_queries, size_t n_candidates, size_t n, size_t dim, double size, bool weights, bool logq)
{
    struct loss_batch b = {.dim = dim, .n_queries = n_queries, .n_candidates = n_candidates, .n = n, .factor = 0.5};
    float *query = arena_array(&arena, n_queries * dim, sizeof *query), *candidate = arena_array(&arena, n_candidates * dim, sizeof *candidate);
    float *weight = arena_array(&arena, n, sizeof *weight), *probability = arena_array(&arena, n_candidates, sizeof *probability);
    uint32_t *query_of = arena_array(&arena, n, sizeof *query_of), *candidate_of = arena_array(&arena, n, sizeof *candidate_of);
    for (size_t i = 0; i < n_queries * dim; i++)
        query[i] = (float)(size * (2 * rng_unit(rng_bits(1, n, i)) - 1));
    for (size_t i = 0; i < n_candidates * dim; i++)
        candidate[i] = (float)(2 * rng_unit(rng_bits(2, n, i)) - 1);
    for (size_t i = 0; i < n_candidates; i++)
        probability[i] = i == 0 ? 0 : (float)rng_unit(rng_bits(3, n, i));
    for (size_t i = 0; i < n; i++) {
        weight[i] = i % 5 == 0 ? 0 : (float)rng_unit(rng_bits(4, n, i)) * 3;
        query_of[i] = (uint32_t)(i < n_queries ? i : rng_below(rng_bits(5, n, i), n_queries));
        // The first candidates are popular.
        candidate_of[i] = (uint32_t)(i < n_candidates ? n_candidates - 1 - i : rng_below(rng_bits(6, n, i), 1 + n_candidates / 8));
    }
    b.query = query;
    b.candidate = candidate;
    b.query_of = query_of;
    b.candidate_of = candidate_of;
    b.weight = weights ? weight : NULL;
    b.probability = logq ? probability : NULL;
    b.d_query = arena_array(&arena, n_queries * dim, sizeof(float));
    b.d_candidate = arena_array(&arena, n_candidates * dim, sizeof(float));
    return b;
}

// The same by TFRS's table of n by n. The gradients of equal rows are summed.
static double by_pairs(const struct loss_batch *b, double temperature, float *d_query, float *d_candidate)
{
    size_t dim = b->dim;
    float *query = arena_array(&arena, b->n * dim, sizeof *query), *candidate = arena_array(&arena, b->n * dim, sizeof *candidate);
    float *probability = arena_array(&arena, b->n, sizeof *probability);
    for (size_t i = 0; i < b->n; i++) {
        memcpy(query + i * dim, b->query + b->query_of[i] * dim, dim * sizeof *query);
        memcpy(candidate + i * dim, b->candidate + b->candidate_of[i] * dim, dim * sizeof *candidate);
        probability[i] = b->probability != NULL ? b->probability[b->candidate_of[i]] : 1;
    }
    struct softmax_pairs pairs = {.n = b->n, .heads = 1, .m = b->n, .dim = dim, .query = query, .candidate = candidate,
        .weight = b->weight, .probability = probability, .hits = b->remove_hits ? b->candidate_of : NULL,
        .temperature = temperature, .hard = SIZE_MAX, .factor = b->factor,
        .d_query = arena_array(&arena, b->n * dim, sizeof(float)), .d_candidate = arena_array(&arena, b->n * dim, sizeof(float))};
    double loss = softmax_pairs(&pairs, &arena);
    memset(d_query, 0, b->n_queries * dim * sizeof *d_query);
    memset(d_candidate, 0, b->n_candidates * dim * sizeof *d_candidate);
    for (size_t i = 0; i < b->n * dim; i++) {
        d_query[b->query_of[i / dim] * dim + i % dim] += pairs.d_query[i];
        d_candidate[b->candidate_of[i / dim] * dim + i % dim] += pairs.d_candidate[i];
    }
    return loss;
}

static struct loss *softmax_loss(double temperature)
{
    struct call call = call_parse(&arena, arena_printf(&arena, "softmax(%.9g)", temperature), "test");
    return loss_new(&call);
}

static void distinct_rows_give_the_same_as_all_pairs(void)
{
    static const size_t sizes[][4] = {{1, 1, 1, 1}, {1, 1, 7, 3}, {1, 9, 9, 4}, {9, 1, 12, 5}, {3, 17, 40, 8}, {70, 33, 200, 16}, {300, 150, 700, 32}};
    struct pool *pool = pool_new(2);
    struct loss *loss = softmax_loss(0.3);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t flags = 0; flags < 8; flags++) {
            struct loss_batch b = random_batch(sizes[s][0], sizes[s][1], sizes[s][2], sizes[s][3], 1, flags & 1, flags & 2);
            b.remove_hits = flags & 4;
            float *d_query = arena_array(&arena, b.n_queries * b.dim, sizeof(float));
            float *d_candidate = arena_array(&arena, b.n_candidates * b.dim, sizeof(float));
            double wanted = by_pairs(&b, 0.3, d_query, d_candidate);
            NEAR(loss_run(loss, &b, pool), wanted, 1e-5);
            near_floats("distinct", "d_query", b.d_query, d_query, b.n_queries * b.dim, 2e-5);
            near_floats("distinct", "d_candidate", b.d_candidate, d_candidate, b.n_candidates * b.dim, 2e-5);
            arena_reset(&arena);
        }
    loss_free(loss);
    pool_free(pool);
}

static double loss_at(struct loss *loss, const struct loss_batch *b, float *at, float value, struct pool *pool)
{
    struct loss_batch copy = *b;
    copy.d_query = arena_array(&arena, b->n_queries * b->dim, sizeof(float));
    copy.d_candidate = arena_array(&arena, b->n_candidates * b->dim, sizeof(float));
    float before = *at;
    *at = value;
    double result = loss_run(loss, &copy, pool);
    *at = before;
    return result;
}

static void gradients_are_those_of_central_differences(void)
{
    struct pool *pool = pool_new(1);
    struct loss *loss = softmax_loss(0.7);
    struct loss_batch b = random_batch(5, 7, 30, 6, 1, true, true);
    b.remove_hits = true;
    b.factor = 2;
    CHECK(isfinite(loss_run(loss, &b, pool)));
    for (size_t side = 0; side < 2; side++) {
        float *x = (float *)(uintptr_t)(side == 0 ? b.query : b.candidate), *d = side == 0 ? b.d_query : b.d_candidate;
        for (size_t i = 0; i < (side == 0 ? b.n_queries : b.n_candidates) * b.dim; i++) {
            float h = 1.0f / 64, up = x[i] + h, down = x[i] - h;
            double difference = (loss_at(loss, &b, &x[i], up, pool) - loss_at(loss, &b, &x[i], down, pool)) / ((double)up - (double)down);
            NEAR(d[i], difference, 3e-3);  // the differences' own error: h^2 times the third derivative
        }
    }
    loss_free(loss);
    pool_free(pool);
}

// A candidate that is nearly the whole batch, and wins: Z without the hits is a ten thousandth of the sum it is taken from.
static void a_dominating_positive_does_not_cancel(void)
{
    enum { HITS = 10000 };
    struct pool *pool = pool_new(1);
    struct loss *loss = softmax_loss(1);
    float query[] = {1, 0}, candidate[] = {12, 0, 0, 1}, d_query[2], d_candidate[4];
    static uint32_t query_of[HITS + 1], candidate_of[HITS + 1];
    candidate_of[HITS] = 1;
    struct loss_batch b = {.dim = 2, .n_queries = 1, .n_candidates = 2, .query = query, .candidate = candidate, .d_query = d_query,
        .d_candidate = d_candidate, .n = HITS + 1, .query_of = query_of, .candidate_of = candidate_of, .remove_hits = true, .factor = 1};
    double e = exp(-12), popular = log1p(e), rare = log(HITS / e + 1);
    NEAR(loss_run(loss, &b, pool), HITS * popular + rare, 1e-6);
    // d loss / d score: of the popular examples - e / (1 + e) each, of the rare one + HITS / (HITS + e).
    double d_popular = -HITS * e / (1 + e) + HITS / (HITS + e);
    NEAR(d_candidate[0] / d_popular, 1, 1e-5);
    NEAR(d_candidate[2] / -d_popular, 1, 1e-5);
    loss_free(loss);
    pool_free(pool);
}

static void large_scores_stay_finite(void)
{
    struct pool *pool = pool_new(1);
    struct loss *loss = softmax_loss(0.01);
    struct loss_batch b = random_batch(6, 6, 20, 4, 1000, true, false);
    float *d_query = arena_array(&arena, 24, sizeof(float)), *d_candidate = arena_array(&arena, 24, sizeof(float));
    for (size_t hits = 0; hits < 2; hits++) {
        b.remove_hits = hits;
        double wanted = by_pairs(&b, 0.01, d_query, d_candidate);
        CHECK(isfinite(wanted));
        NEAR(loss_run(loss, &b, pool), wanted, 1e-5);
        near_floats("large", "d_query", b.d_query, d_query, 24, 1e-5);
    }
    loss_free(loss);
    pool_free(pool);
}

static void a_score_that_is_not_finite_shows_in_the_loss(void)
{
    struct pool *pool = pool_new(1);
    struct loss *loss = softmax_loss(1);
    struct loss_batch b = random_batch(5, 5, 9, 4, 1, false, false);
    float *query = (float *)(uintptr_t)b.query;
    query[7] = NAN;
    CHECK(isnan(loss_run(loss, &b, pool)));
    query[7] = INFINITY;
    CHECK(!isfinite(loss_run(loss, &b, pool)));
    b.n = b.n_queries = b.n_candidates = 0;
    EQUAL(loss_run(loss, &b, pool), 0);
    loss_free(loss);
    pool_free(pool);
}

static void any_number_of_threads_gives_the_same_bytes(void)
{
    struct loss_batch b = random_batch(700, 300, 3000, 24, 1, true, true);
    size_t query_bytes = 700 * 24 * sizeof(float), candidate_bytes = 300 * 24 * sizeof(float);
    float *d_query = arena_array(&arena, 700 * 24, sizeof(float)), *d_candidate = arena_array(&arena, 300 * 24, sizeof(float));
    double first = 0;
    for (size_t threads = 1; threads <= 4; threads++) {
        struct pool *pool = pool_new(threads);
        struct loss *loss = softmax_loss(0.2);
        double value = loss_run(loss, &b, pool);
        if (threads == 1) {
            first = value;
            memcpy(d_query, b.d_query, query_bytes);
            memcpy(d_candidate, b.d_candidate, candidate_bytes);
        }
        CHECK(value == first);
        CHECK(memcmp(d_query, b.d_query, query_bytes) == 0);
        CHECK(memcmp(d_candidate, b.d_candidate, candidate_bytes) == 0);
        loss_free(loss);
        pool_free(pool);
    }
}

UNIT_MAIN(UNIT(golden_pairs), UNIT(golden_batches), UNIT(distinct_rows_give_the_same_as_all_pairs),
          UNIT(gradients_are_those_of_central_differences), UNIT(a_dominating_positive_does_not_cancel), UNIT(large_scores_stay_finite),
          UNIT(a_score_that_is_not_finite_shows_in_the_loss), UNIT(any_number_of_threads_gives_the_same_bytes))
