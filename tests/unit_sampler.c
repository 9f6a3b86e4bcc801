#include <stdlib.h>

#include "common/model/sampler.h"
#include "tests/unit.h"

enum { N = 7 };

static struct arena arena;
static const uint32_t count[N] = {0, 1, 2, 3, 10, 0, 100};
static const struct sampler_catalogue catalogue = {N, count, 116};

static struct sampler *started(const char *text, uint64_t seed)
{
    struct call call = call_parse(&arena, text, "test");
    struct sampler *sampler = sampler_new(&call, seed);
    sampler_start(sampler, &catalogue);
    return sampler;
}

static void draws_have_the_probability_that_is_said(void)
{
    static const char *const calls[] = {"uniform(50000)", "popularity(50000)", "popularity(50000, power=0)", "popularity(50000, 1)"};
    static uint32_t rows[50000];
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        struct sampler *s = started(calls[k], 3);
        size_t n = sampler_size(s, 10), found[N] = {0};
        double sum = 0;
        EQUAL(n, 50000);
        s->kind->draw(s, 9, 0, n, rows);
        for (size_t i = 0; i < n; i++) {
            CHECK(rows[i] < N);
            found[rows[i]]++;
        }
        for (uint32_t c = 0; c < N; c++) {
            double q = s->kind->probability(s, c);
            sum += q;
            CHECK(fabs((double)found[c] / (double)n - q) <= 5 * sqrt(q * (1 - q) / (double)n));
        }
        NEAR(sum, 1, 1e-12);
        sampler_free(s);
    }
    struct sampler *s = started("popularity(10, power=0.5)", 1);
    NEAR(s->kind->probability(s, 4) / s->kind->probability(s, 1), sqrt(10), 1e-9);
    EQUAL(s->kind->probability(s, 5), 0);
    sampler_free(s);
}

static void a_draw_follows_from_seed_step_and_place(void)
{
    static const char *const calls[] = {"uniform(20)", "popularity(20)"};
    for (size_t k = 0; k < 2; k++) {
        struct sampler *a = started(calls[k], 3), *b = started(calls[k], 4);
        uint32_t all[20], part[20], other[20];
        a->kind->draw(a, 5, 0, 20, all);
        a->kind->draw(a, 6, 0, 20, other);
        CHECK(memcmp(all, other, sizeof all) != 0);
        b->kind->draw(b, 5, 0, 20, other);
        CHECK(memcmp(all, other, sizeof all) != 0);
        a->kind->draw(a, 5, 13, 7, part);
        CHECK(memcmp(all + 13, part, 7 * sizeof *part) == 0);
        sampler_free(a);
        sampler_free(b);
    }
}

static void the_queue_has_the_last_ones(void)
{
    struct sampler *s = started("queue(5)", 1);
    uint32_t batch[] = {1, 2, 3}, rows[5];
    size_t seen[N] = {0};
    EQUAL(sampler_size(s, 3), 0);
    s->kind->note(s, batch, 3);
    EQUAL(sampler_size(s, 3), 3);
    s->kind->note(s, (uint32_t[]){4, 5, 6}, 3);
    EQUAL(sampler_size(s, 3), 5);
    s->kind->draw(s, 0, 0, 5, rows);
    for (size_t i = 0; i < 5; i++)
        seen[rows[i]]++;
    EQUAL(seen[1], 0);
    EQUAL(seen[2] + seen[3] + seen[4] + seen[5] + seen[6], 5);
    NEAR(s->kind->probability(s, 4), 10.0 / 116, 1e-12);
    s->kind->note(s, batch, 0);
    EQUAL(sampler_size(s, 3), 5);
    sampler_free(s);
}

static void the_others(void)
{
    struct sampler *all = started("all()", 1), *batch = started("batch", 1), *named = started("explicit(shown)", 1), *each = started("uniform(3, each=yes)", 1);
    uint32_t rows[N];
    EQUAL(sampler_size(all, 100), N);
    all->kind->draw(all, 0, 0, N, rows);
    EQUAL(rows[0], 0);
    EQUAL(rows[N - 1], N - 1);
    EQUAL(sampler_size(batch, 100), 100);
    CHECK(batch->kind->batch && !sampler_each(batch) && !sampler_each(all));
    NEAR(batch->kind->probability(batch, 6), 100.0 / 116, 1e-12);
    SAME_TEXT(named->column, "shown");
    CHECK(sampler_each(named) && sampler_each(each));
    EQUAL(sampler_size(each, 100), 3);
    sampler_free(all);
    sampler_free(batch);
    sampler_free(named);
    sampler_free(each);
}

static void unknown_sampler(void)
{
    free(started("uniforn(3)", 1));
}

static void no_column(void)
{
    free(started("explicit()", 1));
}

static void nothing_popular(void)
{
    static const uint32_t zeros[2];
    struct call call = call_parse(&arena, "popularity(3)", "there");
    struct sampler *sampler = sampler_new(&call, 1);
    sampler_start(sampler, &(struct sampler_catalogue){2, zeros, 0});
}

static void what_is_refused(void)
{
    COMPLAINS(3, "test: unknown sampler \"uniforn\", did you mean \"uniform\"", unknown_sampler);
    COMPLAINS(3, "test: explicit needs an argument column", no_column);
    COMPLAINS(3, "there: popularity: no candidate has a count", nothing_popular);
}

UNIT_MAIN(UNIT(draws_have_the_probability_that_is_said), UNIT(a_draw_follows_from_seed_step_and_place), UNIT(the_queue_has_the_last_ones),
          UNIT(the_others), UNIT(what_is_refused))
