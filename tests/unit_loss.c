// Every kind of loss against its formula in doubles, example by example, negative by negative; gradients against central differences of that.
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/model/loss.h"
#include "tests/unit.h"

static struct arena arena;

struct shape {
    size_t n_queries, shared, apart, n, dim, heads, own, dropped;  // own, dropped: a query
    bool times, among, logq, weights, hits;
};

static const struct shape shapes[] = {
    {1, 1, 0, 1, 1, 1, 0, 0, .hits = true},
    {1, 1, 0, 1, 1, 1, 0, 0, .times = true, .among = false, .hits = true},
    {1, 0, 1, 1, 3, 1, 2, 0, .times = true},
    {2, 3, 2, 5, 3, 1, 0, 0, .times = true, .weights = true, .logq = true},
    {3, 5, 0, 17, 7, 1, 0, 0, .weights = true, .logq = true, .hits = true},
    {3, 5, 0, 17, 7, 1, 0, 0, .weights = true},
    {4, 17, 3, 29, 5, 1, 0, 0, .times = true, .weights = true, .logq = true, .hits = true},
    {4, 17, 3, 29, 5, 1, 3, 4, .times = true, .among = true, .weights = true, .logq = true, .hits = true},
    {4, 17, 3, 29, 5, 1, 3, 4, .times = true, .logq = true},
    {4, 17, 3, 29, 5, 3, 2, 2, .times = true, .weights = true, .logq = true, .hits = true},
    {40, 33, 2, 71, 6, 2, 1, 1, .times = true, .weights = true, .hits = true},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static float random_float(size_t what, size_t i, double from, double to)
{
    return (float)(from + (to - from) * rng_unit(rng_bits(17, what, i)));
}

static uint32_t *random_lists(size_t what, size_t n, size_t each, size_t below, uint32_t **starts)
{
    uint32_t *values = arena_array(&arena, n * each, sizeof *values);
    *starts = arena_array(&arena, n + 1, sizeof **starts);
    for (size_t i = 0; i <= n; i++)
        (*starts)[i] = (uint32_t)(i * each);
    for (size_t i = 0; i < n * each; i++)
        values[i] = (uint32_t)((rng_below(rng_bits(19, what, i / each), below) + i % each) % below);  // distinct in a list
    return values;
}

static struct loss_batch new_batch(const struct shape *s)
{
    size_t candidates = s->shared + s->apart, numbers[2] = {s->n_queries * s->heads * s->dim, candidates * s->dim};
    float *vectors[2], *weight = arena_array(&arena, s->n, sizeof *weight), *q = arena_array(&arena, candidates, sizeof *q);
    uint32_t *of[2], *times = arena_array(&arena, s->shared, sizeof *times), *starts;
    for (size_t side = 0; side < 2; side++) {
        vectors[side] = arena_array(&arena, numbers[side], sizeof(float));
        of[side] = arena_array(&arena, s->n, sizeof(uint32_t));
        for (size_t i = 0; i < numbers[side]; i++)
            vectors[side][i] = random_float(side, i, -1, 1);
    }
    for (size_t i = 0; i < s->n; i++) {
        weight[i] = i % 5 == 4 ? 0 : random_float(2, i, 0, 3);
        of[0][i] = (uint32_t)(i < s->n_queries ? i : rng_below(rng_bits(3, 0, i), s->n_queries));
        of[1][i] = (uint32_t)rng_below(rng_bits(4, 0, i), i % 3 == 0 ? candidates : (candidates + 2) / 3);
    }
    for (size_t c = 0; c < candidates; c++)
        q[c] = c == 0 ? 0 : random_float(5, c, 0, 1);
    for (size_t c = 0; c < s->shared; c++)
        times[c] = 1 + (uint32_t)(c % 4);
    for (size_t i = 0; s->among && i < s->n; i++)
        if (of[1][i] < s->shared)
            times[of[1][i]]++;
    struct loss_batch b = {
        .dim = s->dim, .heads = s->heads, .n_queries = s->n_queries, .n_candidates = candidates, .n_apart = s->apart, .query = vectors[0],
        .candidate = vectors[1], .d_query = arena_array(&arena, numbers[0], sizeof(float)),
        .d_candidate = arena_array(&arena, numbers[1], sizeof(float)), .n = s->n, .query_of = of[0], .candidate_of = of[1],
        .weight = s->weights ? weight : NULL, .times = s->times ? times : NULL, .among = s->among, .probability = s->logq ? q : NULL,
        .remove_hits = s->hits, .seed = 5, .catalogue = 1000, .factor = 0.7, .mean = s->n % 2,
    };
    if (s->own > 0) {
        b.own = random_lists(6, s->n_queries, s->own, candidates, &starts);
        b.own_starts = starts;
        float *own_q = arena_array(&arena, s->n_queries * s->own, sizeof *own_q);
        for (size_t i = 0; i < s->n_queries * s->own; i++)
            own_q[i] = random_float(7, i, 0.01, 1);
        b.own_probability = s->logq ? own_q : NULL;
    }
    if (s->dropped > 0) {
        b.dropped = random_lists(8, s->n_queries, s->dropped, s->shared, &starts);
        b.dropped_starts = starts;
    }
    return b;
}

// What an example is set against.
struct negatives {
    double score[512], logit[512];
    size_t n;
    double positive, positive_logit;
};

static double log_q(const float *q, size_t i)
{
    return q != NULL ? log(fmin(fmax((double)q[i], 1e-6), 1)) : 0;
}

// query, candidate: the batch's vectors in doubles
static double score_of(const struct loss_batch *b, const double *query, const double *candidate, size_t u, size_t c, double temperature)
{
    double best = -INFINITY;
    for (size_t h = 0; h < b->heads; h++) {
        double score = 0;
        for (size_t j = 0; j < b->dim; j++)
            score += query[(u * b->heads + h) * b->dim + j] * candidate[c * b->dim + j];
        best = fmax(best, score / temperature);
    }
    return best;
}

static void add_negative(struct negatives *n, double score, double log_probability)
{
    n->score[n->n] = score;
    n->logit[n->n++] = score - log_probability;
}

static void set_against(const struct loss_batch *b, const double *query, const double *candidate, size_t i, double temperature, struct negatives *n)
{
    size_t u = b->query_of[i], positive = b->candidate_of[i], shared = b->n_candidates - b->n_apart;
    n->n = 0;
    n->positive = score_of(b, query, candidate, u, positive, temperature);
    n->positive_logit = n->positive - log_q(b->probability, positive);
    for (size_t c = 0; c < shared; c++) {
        size_t times = b->times != NULL ? b->times[c] : 0;
        for (size_t k = 0; b->times == NULL && k < b->n; k++)
            times += b->candidate_of[k] == c;
        if (c == positive)
            times = b->remove_hits ? 0 : times - (b->times == NULL || b->among);
        for (size_t k = b->dropped_starts != NULL ? b->dropped_starts[u] : 0; b->dropped_starts != NULL && k < b->dropped_starts[u + 1]; k++)
            times = b->dropped[k] == c ? 0 : times;
        while (times-- > 0)
            add_negative(n, score_of(b, query, candidate, u, c, temperature), log_q(b->probability, c));
    }
    for (size_t k = b->own_starts != NULL ? b->own_starts[u] : 0; b->own_starts != NULL && k < b->own_starts[u + 1]; k++)
        add_negative(n, score_of(b, query, candidate, u, b->own[k], temperature), log_q(b->own_probability, k));
}

typedef double formula(const struct negatives *n);

static double softmax(const struct negatives *n)
{
    double sum = exp(n->positive_logit);
    for (size_t j = 0; j < n->n; j++)
        sum += exp(n->logit[j]);
    return log(sum) - n->positive_logit;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double softmax_hard(const struct negatives *n)
{
    struct negatives hard = *n;
    qsort(hard.logit, hard.n, sizeof *hard.logit, falling);
    hard.n = hard.n < 3 ? hard.n : 3;
    return softmax(&hard);
}

static double bpr(const struct negatives *n)
{
    double sum = 0;
    for (size_t j = 0; j < n->n; j++)
        sum += log1p(exp(n->score[j] - n->positive)) / (double)n->n;
    return sum;
}

static double hinge(const struct negatives *n)
{
    double sum = 0;
    for (size_t j = 0; j < n->n; j++)
        sum += fmax(0, 0.5 - n->positive + n->score[j]) / (double)n->n;
    return sum;
}

static double ccl(const struct negatives *n)
{
    double sum = 1 - n->positive;
    for (size_t j = 0; j < n->n; j++)
        sum += 20 * fmax(0, n->score[j] - 0.2) / (double)n->n;
    return sum;
}

static const struct {
    const char *call;
    formula *formula;
    double temperature, power;
} kinds[] = {
    {"softmax(0.5)", softmax, 0.5, 1}, {"softmax(0.5, hard=3)", softmax_hard, 0.5, 1}, {"full_softmax(0.8, power=0.5)", softmax, 0.8, 0.5},
    {"bpr(0.5)", bpr, 0.5, 1}, {"hinge(0.5)", hinge, 1, 1}, {"ccl(0.2, 20)", ccl, 1, 1},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static double by_formula(size_t kind, const struct loss_batch *b, const double *query, const double *candidate)
{
    static struct negatives n;
    double sum = 0, whole = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t count = 0;
        for (size_t k = 0; k < b->n; k++)
            count += b->query_of[k] == b->query_of[i];
        double weight = pow((double)count, kinds[kind].power - 1);
        whole += weight;
        set_against(b, query, candidate, i, kinds[kind].temperature, &n);
        sum += weight * (b->weight != NULL ? (double)b->weight[i] : 1) * kinds[kind].formula(&n);
    }
    return b->factor * sum / (b->mean ? whole : 1);
}

static double *doubles(const float *x, size_t n)
{
    double *y = arena_array(&arena, n, sizeof *y);
    for (size_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

static struct loss *new_loss(const char *text)
{
    struct call call = call_parse(&arena, text, "test");
    return loss_new(&call);
}

static void every_kind_is_its_formula(void)
{
    struct pool *pool = pool_new(2);
    for (size_t k = 0; k < N_KINDS; k++)
        for (size_t s = 0; s < N_SHAPES; s++) {
            struct loss *loss = new_loss(kinds[k].call);
            struct loss_batch b = new_batch(&shapes[s]);
            size_t numbers[2] = {b.n_queries * b.heads * b.dim, b.n_candidates * b.dim};
            double *x[2] = {doubles(b.query, numbers[0]), doubles(b.candidate, numbers[1])};
            double value = loss_run(loss, &b, pool);
            NEAR(value, by_formula(k, &b, x[0], x[1]), 2e-5);
            for (size_t side = 0; side < 2; side++)
                for (size_t i = 0; i < numbers[side]; i++) {
                    double h = 1e-6, at = x[side][i];
                    x[side][i] = at + h;
                    double up = by_formula(k, &b, x[0], x[1]);
                    x[side][i] = at - h;
                    double slope = (up - by_formula(k, &b, x[0], x[1])) / (2 * h), found = (double)(side == 0 ? b.d_query : b.d_candidate)[i];
                    x[side][i] = at;
                    if (!(fabs(found - slope) <= 1e-4 * fmax(1, fabs(slope))))
                        printf("# %s, shape %zu, side %zu, number %zu\n", kinds[k].call, s, side, i);
                    NEAR(found, slope, 1e-4);
                }
            loss_free(loss);
            arena_reset(&arena);
        }
    pool_free(pool);
}

static void warp_weighs_a_violation_by_the_rank_it_suggests(void)
{
    struct pool *pool = pool_new(1);
    struct loss *loss = new_loss("warp(0.5, 10)");
    float query[] = {1, 0}, candidate[] = {0.2f, 0, 0.1f, 0, -1, 0}, d_query[2], d_candidate[6];
    uint32_t zero[] = {0}, times[] = {0, 3};
    struct loss_batch b = {.dim = 2, .n_queries = 1, .n_candidates = 2, .query = query, .candidate = candidate, .d_query = d_query,
        .d_candidate = d_candidate, .n = 1, .query_of = zero, .candidate_of = zero, .times = times, .remove_hits = true,
        .catalogue = 101, .factor = 2};
    NEAR(loss_run(loss, &b, pool), 2 * log(100) * 0.4, 1e-6);
    NEAR(d_candidate[0], -2 * log(100), 1e-5);
    NEAR(d_candidate[2], 2 * log(100), 1e-5);
    NEAR(d_query[0], 2 * log(100) * -0.1, 1e-5);
    // A negative that is far below; and none at all.
    candidate[2] = -1;
    EQUAL(loss_run(loss, &b, pool), 0);
    EQUAL(d_candidate[0], 0);
    b.n_candidates = 1;
    EQUAL(loss_run(loss, &b, pool), 0);
    // Several negatives, one of which violates: found on trial t, weight log(100 / t).
    uint32_t more[] = {0, 3, 1};
    candidate[4] = 0.1f;
    b.n_candidates = 3;
    b.times = more;
    double trials = floor(100 / exp(loss_run(loss, &b, pool) / 2 / 0.4) + 0.5);
    CHECK(trials >= 1 && trials <= 10);
    loss_free(loss);
    pool_free(pool);
}

static void what_is_not_finite_shows(void)
{
    struct pool *pool = pool_new(1);
    for (size_t k = 0; loss_kinds[k] != NULL; k++) {
        struct loss *loss = new_loss(loss_kinds[k]->name);
        struct loss_batch b = new_batch(&shapes[6]);
        ((float *)(uintptr_t)b.query)[7] = NAN;
        CHECK(!isfinite(loss_run(loss, &b, pool)));
        b.n = 0;
        EQUAL(loss_run(loss, &b, pool), 0);
        loss_free(loss);
    }
    pool_free(pool);
}

static void any_number_of_threads_gives_the_same_bytes(void)
{
    static const struct shape large = {500, 300, 40, 2000, 8, 2, 3, 3, .times = true, .weights = true, .logq = true, .hits = true};
    for (size_t k = 0; loss_kinds[k] != NULL; k++) {
        struct loss_batch b = new_batch(&large);
        size_t bytes[2] = {500 * 2 * 8 * sizeof(float), 340 * 8 * sizeof(float)};
        float *first[2] = {arena_array(&arena, bytes[0], 1), arena_array(&arena, bytes[1], 1)};
        double value = 0;
        for (size_t threads = 1; threads <= 3; threads++) {
            struct pool *pool = pool_new(threads);
            struct loss *loss = new_loss(loss_kinds[k]->name);
            double found = loss_run(loss, &b, pool);
            if (threads == 1) {
                value = found;
                memcpy(first[0], b.d_query, bytes[0]);
                memcpy(first[1], b.d_candidate, bytes[1]);
            }
            CHECK(found == value && memcmp(first[0], b.d_query, bytes[0]) == 0 && memcmp(first[1], b.d_candidate, bytes[1]) == 0);
            loss_free(loss);
            pool_free(pool);
        }
        arena_reset(&arena);
    }
}

UNIT_MAIN(UNIT(every_kind_is_its_formula), UNIT(warp_weighs_a_violation_by_the_rank_it_suggests), UNIT(what_is_not_finite_shows),
          UNIT(any_number_of_threads_gives_the_same_bytes))
