// Bytes against floats: sums exactly, bounds wherever a vector lies, and the screen against the exact search.
#include <stdlib.h>

#include "common/base/rng.h"
#include "common/math/codes_kernel.h"
#include "common/math/screen.h"
#include "tests/unit.h"

static float noise(uint64_t seed, size_t i)
{
    return (float)(rng_unit(rng_bits(seed, 1, i)) + rng_unit(rng_bits(seed, 2, i)) - 1);
}

static void no_room(void *context, struct codes_query *query)
{
    (void)context;
    (void)query;
    abort();
}

// n queries and m rows whose numbers are noise times a factor of their own.
struct sample {
    size_t n, m, dim, groups;
    float *queries, *rows, *scales, *errors;
    uint8_t *codes;
    struct codes_query *asked, **all;
};

static struct sample sample_new(struct arena *arena, size_t n, size_t m, size_t dim)
{
    struct sample s = {.n = n, .m = m, .dim = dim, .groups = (m + CODES_ROWS - 1) / CODES_ROWS};
    s.queries = arena_array(arena, n * dim, sizeof *s.queries);
    s.rows = arena_array(arena, m * dim, sizeof *s.rows);
    for (size_t i = 0; i < n * dim; i++)
        s.queries[i] = noise(1, i) * expf(noise(2, i / dim));
    for (size_t i = 0; i < m * dim; i++)
        s.rows[i] = noise(3, i) * expf(3 * noise(4, i / dim));
    s.codes = arena_array(arena, s.groups, codes_group_bytes(dim));
    s.scales = arena_array(arena, s.groups * CODES_ROWS, sizeof *s.scales);
    s.errors = arena_array(arena, s.groups * 2, sizeof *s.errors);
    for (size_t g = 0; g < s.groups; g++)
        codes_encode(s.rows + g * CODES_ROWS * dim, m - g * CODES_ROWS < CODES_ROWS ? m - g * CODES_ROWS : CODES_ROWS, dim,
                     s.codes + g * codes_group_bytes(dim), s.scales + g * CODES_ROWS, s.errors + 2 * g);
    s.asked = arena_zeros(arena, n, sizeof *s.asked);
    s.all = arena_array(arena, n, sizeof *s.all);
    for (size_t q = 0; q < n; q++) {
        s.all[q] = &s.asked[q];
        *s.all[q] = (struct codes_query){.numbers = arena_array(arena, codes_query_numbers(dim), 1), .floor = -INFINITY, .room = s.groups * CODES_ROWS};
        s.all[q]->rows = arena_array(arena, s.all[q]->room + CODES_ROOM, sizeof *s.all[q]->rows);
        s.all[q]->values = arena_array(arena, s.all[q]->room + CODES_ROOM, sizeof *s.all[q]->values);
        CHECK(codes_query_set(s.all[q], s.queries + q * dim, dim));
    }
    return s;
}

static double product(const struct sample *s, size_t q, size_t r)
{
    double sum = 0;
    for (size_t i = 0; i < s->dim; i++)
        sum += (double)s->queries[q * s->dim + i] * (double)s->rows[r * s->dim + i];
    return sum;
}

// The whole number that the code of row r at place i stands for.
static int whole(const struct sample *s, size_t r, size_t i)
{
    return s->codes[r / CODES_ROWS * codes_group_bytes(s->dim) + i / 4 * CODES_ROWS * 4 + r % CODES_ROWS * 4 + i % 4] - 128;
}

static void check_sizes(size_t n, size_t m, size_t dim)
{
    struct arena arena = {0};
    struct sample s = sample_new(&arena, n, m, dim);
    codes_scan(s.codes, s.scales, s.m, 100, dim, s.all, n, no_room, NULL);
    for (size_t q = 0; q < n; q++) {
        EQUAL(s.asked[q].n, m);
        for (size_t j = 0; j < s.asked[q].n; j++) {
            size_t r = s.asked[q].rows[j] - 100;
            long sum = 0;
            for (size_t i = 0; i < dim; i++)
                sum += (long)s.asked[q].numbers[i] * whole(&s, r, i);
            EQUAL(r, j);
            CHECK(s.asked[q].values[j] == (float)sum * s.scales[r]);
        }
        s.asked[q].n = 0;
    }
    float errors[2] = {0, 0};
    for (size_t i = 0; i < 2 * s.groups; i++)
        errors[i % 2] = fmaxf(errors[i % 2], s.errors[i]);
    for (size_t q = 0; q < n; q++)
        codes_query_bound(s.all[q], errors);
    codes_scan(s.codes, s.scales, s.m, 0, dim, s.all, n, no_room, NULL);
    for (size_t q = 0; q < n; q++)
        for (size_t j = 0; j < s.asked[q].n; j++) {
            double bound = (double)s.asked[q].values[j] * (double)s.asked[q].scale, true_one = product(&s, q, s.asked[q].rows[j]);
            CHECK(bound >= true_one);
            if (dim >= 16) {
                double slack = bound - true_one;
                CHECK(slack < 0.2 * (double)(s.asked[q].scale * s.scales[s.asked[q].rows[j]]) * 127 * 127 * (double)dim);
            }
        }
    arena_free(&arena);
}

static void sums_and_bounds(void)
{
    static const size_t ns[] = {1, 2, 3, 4, 5, 9}, ms[] = {1, 15, 16, 17, 33, 64, 65, 130}, dims[] = {1, 3, 4, 5, 17, 64, 100, 513, 2048};
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 8; b++)
            check_sizes(ns[a], ms[b], dims[(a + 2 * b) % 9]);
}

static void floors_let_through_what_is_not_below(void)
{
    struct arena arena = {0};
    struct sample s = sample_new(&arena, 5, 200, 20);
    codes_scan(s.codes, s.scales, s.m, 0, 20, s.all, 5, no_room, NULL);
    for (size_t q = 0; q < 5; q++) {
        float floor = s.asked[q].values[77];
        size_t wanted = 0;
        for (size_t j = 0; j < s.asked[q].n; j++)
            wanted += s.asked[q].values[j] >= floor;
        struct codes_query one = s.asked[q], *pointer = &one;
        one.n = 0;
        one.floor = floor;
        codes_scan(s.codes, s.scales, s.m, 0, 20, &pointer, 1, no_room, NULL);
        EQUAL(one.n, wanted);
        CHECK(wanted > 0 && wanted < 200);
    }
    arena_free(&arena);
}

static void make_room(void *context, struct codes_query *query)
{
    CHECK(query->n > query->room && query->n <= query->room + CODES_ROOM);
    *(size_t *)context += query->n;
    query->n = 0;
}

static void full_is_called_in_time(void)
{
    struct arena arena = {0};
    struct sample s = sample_new(&arena, 3, 1000, 8);
    size_t taken = 0;
    for (size_t q = 0; q < 3; q++)
        s.asked[q].room = 10;
    codes_scan(s.codes, s.scales, s.m, 0, 8, s.all, 3, make_room, &taken);
    for (size_t q = 0; q < 3; q++)
        taken += s.asked[q].n;
    EQUAL(taken, 3 * 1000);
    arena_free(&arena);
}

// Where a kernel's rows go: those of one query after the other, as `full` takes them.
struct found {
    uint32_t *rows;           // (n, m)
    float *values;
    size_t *counts;           // (n)
    struct sample *s;
};

static void take(void *context, struct codes_query *query)
{
    struct found *found = context;
    size_t q = (size_t)(query - found->s->asked);
    for (size_t i = 0; i < query->n; i++) {
        found->rows[q * found->s->m + found->counts[q]] = query->rows[i];
        found->values[q * found->s->m + found->counts[q]++] = query->values[i];
    }
    query->n = 0;
}

// Every value, and with several floors every row that is not below, against sums made here.
static void check_kernel(const struct codes_kernel *kernel, size_t n, size_t m, size_t dim)
{
    struct arena arena = {0};
    struct sample s = sample_new(&arena, n, m, dim);
    float *wanted = arena_array(&arena, n * m, sizeof *wanted), *values = arena_array(&arena, n * s.groups * CODES_ROWS, sizeof *values);
    struct found found = {arena_array(&arena, n * m, sizeof *found.rows), arena_array(&arena, n * m, sizeof *found.values),
                          arena_zeros(&arena, n, sizeof *found.counts), &s};
    s.scales[m / 2] = NAN;
    for (size_t q = 0; q < n; q++)
        for (size_t r = 0; r < m; r++) {
            int32_t sum = 0;
            for (size_t i = 0; i < dim; i++)
                sum += s.asked[q].numbers[i] * whole(&s, r, i);
            wanted[q * m + r] = (float)sum * s.scales[r];
        }
    struct codes_task task = {s.codes, s.scales, m, 7, (dim + 3) / 4, s.all, n, take, &found, values, s.groups * CODES_ROWS};
    kernel->run(&task);
    task.values = NULL;
    for (size_t q = 0; q < n; q++) {
        for (size_t r = 0; r < m; r++)
            CHECK(values[q * s.groups * CODES_ROWS + r] == wanted[q * m + r] || r == m / 2);
        s.asked[q].room = 5;
        s.asked[q].floor = q % 3 == 0 ? -INFINITY : q % 3 == 1 ? wanted[q * m] : fabsf(wanted[q * m]) / 2;
    }
    kernel->run(&task);
    for (size_t q = 0; q < n; q++) {
        size_t at = q * m;
        take(&found, s.all[q]);
        for (size_t r = 0; r < m; r++)
            if (!(wanted[q * m + r] < s.asked[q].floor)) {
                CHECK(at < q * m + found.counts[q]);
                EQUAL(found.rows[at], 7 + r);
                CHECK(found.values[at] == wanted[q * m + r] || r == m / 2);
                at++;
            }
        EQUAL(found.counts[q], at - q * m);
    }
    arena_free(&arena);
}

static void check_kernel_sizes(const struct codes_kernel *kernel)
{
    static const size_t ns[] = {1, 2, 5, 16, 17, 33}, ms[] = {1, 15, 16, 17, 64, 65, 130, 700};
    static const size_t dims[] = {1, 4, 5, 63, 64, 65, 128, 130, 516, 1000, 2048};
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 8; b++)
            check_kernel(kernel, ns[a], ms[b], dims[(5 * a + b) % 11]);
    check_kernel(kernel, 300, 333, 64);
    check_kernel(kernel, 40, 40, 8192);
}

static void amx_is_exact(void)
{
    if (!codes_amx.works())
        UNIT_SKIP("needs AMX");
    check_kernel_sizes(&codes_amx);
}

static void vnni_is_exact(void)
{
    if (!codes_vnni.works())
        UNIT_SKIP("needs AVX-512 VNNI");
    check_kernel_sizes(&codes_vnni);
}

static void avx_vnni_is_exact(void)
{
    if (!codes_avx_vnni.works())
        UNIT_SKIP("needs AVX-VNNI");
    check_kernel_sizes(&codes_avx_vnni);
}

static void avx2_is_exact(void)
{
    if (!codes_avx2.works())
        UNIT_SKIP("needs AVX2");
    check_kernel_sizes(&codes_avx2);
}

static void plain_is_exact(void)
{
    check_kernel_sizes(&codes_plain);
}

static void the_table_ends_with_what_works_everywhere(void)
{
    size_t n = 0;
    while (codes_kernels[n] != NULL)
        n++;
    CHECK(n > 0 && codes_kernels[n - 1] == &codes_plain && codes_plain.works() && codes_plain.queries_min <= 1 && codes_plain.rows_min <= 1);
}

static void zeros_and_numbers_out_of_bounds(void)
{
    float rows[4] = {0, 1e30f, 1e-30f, 2}, scales[CODES_ROWS], errors[2], query = 3, huge = 1e20f;
    uint8_t codes[64];
    int8_t numbers[4];
    uint32_t found[200];
    float values[200];
    codes_encode(rows, 4, 1, codes, scales, errors);
    CHECK(scales[0] == 0 && isnan(scales[1]) && isnan(scales[2]));
    NEAR(scales[3] * 127, 2, 1e-6);
    struct codes_query asked = {.numbers = numbers, .rows = found, .values = values, .room = 100, .floor = 1}, *pointer = &asked;
    CHECK(codes_query_set(&asked, &query, 1));
    codes_scan(codes, scales, 4, 0, 1, &pointer, 1, no_room, NULL);
    EQUAL(asked.n, 3);
    EQUAL(found[0], 1);
    EQUAL(found[1], 2);
    EQUAL(found[2], 3);
    CHECK(!codes_query_set(&asked, &huge, 1));
    query = 0;
    CHECK(codes_query_set(&asked, &query, 1));
    CHECK(asked.scale == 0 && codes_query_is_bounded(&asked));
    query = 1e-20f;
    CHECK(codes_query_set(&asked, &query, 1) && !codes_query_is_bounded(&asked));
    // Where nobody wants a bound, small numbers are numbers.
    codes_encode(rows, 4, 1, codes, scales, NULL);
    CHECK(scales[0] == 0 && isnan(scales[1]) && scales[2] > 0);
    NEAR(scales[2] * 127e30f, 1, 1e-6);
}

static void screen_against_exact(size_t n, size_t m, size_t dim, size_t k, size_t threads)
{
    struct arena arena = {0};
    struct sample s = sample_new(&arena, n, m, dim);
    memcpy(s.rows + (m - 3) * dim, s.rows, 3 * dim * sizeof *s.rows);  // ties
    memset(s.rows + (m / 2) * dim, 0, dim * sizeof *s.rows);
    for (size_t g = 0; g < s.groups; g++)
        codes_encode(s.rows + g * CODES_ROWS * dim, m - g * CODES_ROWS < CODES_ROWS ? m - g * CODES_ROWS : CODES_ROWS, dim,
                     s.codes + g * codes_group_bytes(dim), s.scales + g * CODES_ROWS, s.errors + 2 * g);
    struct pool *pool = pool_new(threads);
    size_t cut = m / 3, cut_groups = m / 5 / CODES_ROWS;
    struct topk_block blocks[] = {{s.rows, cut}, {s.rows + cut * dim, m - cut}};
    struct screen_block codes[] = {{s.codes, s.scales, s.errors, cut_groups}, {s.codes + cut_groups * codes_group_bytes(dim),
                                   s.scales + cut_groups * CODES_ROWS, s.errors + 2 * cut_groups, s.groups - cut_groups}};
    struct topk_query *found = arena_zeros(&arena, n, sizeof *found), *wanted = arena_zeros(&arena, n, sizeof *wanted);
    uint64_t *allowed = arena_zeros(&arena, m / 64 + 1, sizeof *allowed);
    for (size_t i = 0; i < m; i++)
        allowed[i / 64] |= (uint64_t)(i % 3 != 0) << (i % 64);
    for (size_t q = 0; q < n; q++) {
        uint32_t *rows = arena_array(&arena, m / 7 + 1, sizeof *rows);
        for (size_t i = q % 7; i < m; i += 7)
            rows[found[q].n_apart++] = (uint32_t)i;
        found[q].apart = found[q].asked = rows;
        found[q].n_asked = found[q].n_apart;
        found[q].allowed = q % 2 != 0 ? allowed : NULL;
        wanted[q] = found[q];
        for (size_t i = 0; i < 2; i++) {
            struct topk_query *query = i == 0 ? &found[q] : &wanted[q];
            query->apart_scores = arena_array(&arena, m, sizeof(float));
            query->asked_scores = arena_array(&arena, m, sizeof(float));
            query->hits = arena_array(&arena, k, sizeof *query->hits);
        }
    }
    CHECK(screen_search(s.queries, found, n, blocks, 2, codes, 2, &(struct scoring){.width = dim}, k, pool, &arena));
    topk_inner(s.queries, wanted, n, blocks, 2, dim, k, pool, &arena);
    for (size_t q = 0; q < n; q++) {
        EQUAL(found[q].n_hits, k);
        for (size_t i = 0; i < k; i++) {
            EQUAL(found[q].hits[i].row, wanted[q].hits[i].row);
            CHECK(found[q].hits[i].score == wanted[q].hits[i].score);
            NEAR(found[q].hits[i].score, product(&s, q, found[q].hits[i].row), 1e-4);
            CHECK(topk_allows(&found[q], found[q].hits[i].row) && found[q].hits[i].row % 7 != q % 7);
        }
        for (size_t i = 0; i < found[q].n_asked; i++) {
            CHECK(found[q].asked_scores[i] == wanted[q].asked_scores[i]);
            CHECK(isnan(found[q].apart_scores[i]) == isnan(wanted[q].apart_scores[i]));
        }
    }
    pool_free(pool);
    arena_free(&arena);
}

static void the_screen_finds_what_all_floats_find(void)
{
    if (!codes_fast())
        UNIT_SKIP("needs instructions for bytes");
    screen_against_exact(1, 9000, 3, 10, 1);
    screen_against_exact(7, 20001, 17, 100, 3);
    screen_against_exact(1, 40000, 8, 5, 3);
    screen_against_exact(300, 8192, 5, 1, 2);
}

static void the_screen_leaves_to_others_what_it_cannot_do(void)
{
    float query[2] = {1e20f, 1}, row[2] = {1, 1};
    struct topk_block block = {row, 1};
    struct topk_query asked = {0};
    struct screen_block codes = {0};
    struct arena arena = {0};
    struct pool *pool = pool_new(1);
    CHECK(!screen_search(query, &asked, 1, &block, 1, &codes, 0, &(struct scoring){.width = 2}, 1, pool, &arena));
    pool_free(pool);
    arena_free(&arena);
}

UNIT_MAIN(UNIT(sums_and_bounds), UNIT(amx_is_exact), UNIT(vnni_is_exact), UNIT(avx_vnni_is_exact), UNIT(avx2_is_exact),
          UNIT(plain_is_exact), UNIT(the_table_ends_with_what_works_everywhere),
          UNIT(floors_let_through_what_is_not_below), UNIT(full_is_called_in_time), UNIT(zeros_and_numbers_out_of_bounds),
          UNIT(the_screen_finds_what_all_floats_find), UNIT(the_screen_leaves_to_others_what_it_cannot_do))
