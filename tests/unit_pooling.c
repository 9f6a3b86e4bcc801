#include "common/model/pooling.h"
#include "tests/parts.h"

// Lists of some rows, one of them empty, and another place where they begin, as in a tile that is not the first.
struct pooling_check {
    struct pooling pooling;
    struct pass pass;
    struct lists lists;
    float *x, *weights, *upstream, *d_x;
    size_t places, stride;
};

static double pooling_sum_of(const void *context)
{
    const struct pooling_check *c = context;
    float *y = arena_array(&parts_scratch, c->lists.rows * c->stride, sizeof *y);
    c->pooling.kind->forward(&c->pooling, &c->pass, &c->lists, y, c->stride);
    double sum = 0;
    for (size_t r = 0; r < c->lists.rows; r++)
        sum += parts_dot(y + r * c->stride, c->upstream + r * c->stride, c->pooling.out);
    arena_reset(&parts_scratch);
    return sum;
}

static struct pooling_check pooling_check_new(const char *text, size_t in, const uint32_t *starts, size_t rows)
{
    struct call *call = arena_array(&parts_arena, 1, sizeof *call);
    *call = call_parse(&parts_arena, text, "test");
    struct pooling_check c = {.pooling = pooling_new(call, "pool/f", &parts_arena), .places = starts[rows] - starts[0]};
    pooling_shape(&c.pooling, in, "test");
    parts_fill(&c.pooling.part, 3);
    c.pass = parts_pass(&c.pooling.part);
    c.stride = c.pooling.out + 2;
    c.x = parts_random(c.places * in, 1);
    c.upstream = parts_random(rows * c.stride, 2);
    c.d_x = parts_random(c.places * in, 9);
    c.lists = (struct lists){.rows = rows, .starts = starts, .x = c.x};
    return c;
}

static void run_check(struct pooling_check *c)
{
    c->pooling.kind->backward(&c->pooling, &c->pass, &c->lists, c->upstream, c->stride, c->d_x);
    arena_reset(&parts_scratch);
}

static const uint32_t some_lists[] = {7, 10, 10, 11, 16}, nothing[] = {4, 4, 4};

static void check_gradients(const char *text, size_t in, bool weighted)
{
    struct pooling_check c = pooling_check_new(text, in, some_lists, 4), none = pooling_check_new(text, in, nothing, 2);
    struct parts_sum sum = {pooling_sum_of, &c};
    if (weighted) {
        c.weights = parts_random(c.places, 5);
        for (size_t i = 0; i < c.places; i++)
            c.weights[i] += 1.5f;
        c.lists.weights = c.weights;
    }
    run_check(&c);
    parts_compare(&sum, c.x, c.d_x, c.places * in, 2e-3);
    for (size_t p = 0; p < c.pooling.part.n_params; p++) {
        struct param *param = c.pooling.part.params[p];
        parts_compare(&sum, param->value, c.pass.d_params[p], param->rows * param->width, 2e-3);
    }
    run_check(&none);
    EQUAL(pooling_sum_of(&none), 0);  // empty lists are zeros
}

static void gradients_of_sums(void)
{
    static const char *const kinds[] = {"sum", "mean()", "sqrtn", "last"};
    for (size_t k = 0; k < 4; k++)
        for (size_t in = 1; in < 20; in += 16) {
            check_gradients(kinds[k], in, false);
            check_gradients(kinds[k], in, true);
        }
}

static void gradients_of_gru(void)
{
    check_gradients("gru(1)", 1, false);
    check_gradients("gru(units=5)", 3, false);
}

static void gradients_of_attention(void)
{
    check_gradients("attention()", 5, false);
    check_gradients("attention(blocks=2, heads=2, length=4)", 4, false);
}

static void gradients_of_attention_with_dropout(void)
{
    struct pooling_check c = pooling_check_new("attention(blocks=2, heads=2, length=4, dropout=0.3)", 4, some_lists, 4);
    struct parts_sum sum = {pooling_sum_of, &c};
    c.pass.training = true;
    run_check(&c);
    parts_compare(&sum, c.x, c.d_x, c.places * 4, 2e-3);
    for (size_t p = 0; p < c.pooling.part.n_params; p++) {
        struct param *param = c.pooling.part.params[p];
        parts_compare(&sum, param->value, c.pass.d_params[p], param->rows * param->width, 2e-3);
    }
}

// What is dropped depends on the seed and the row's number, not on the tile; in use nothing is.
static void attention_drops_in_training(void)
{
    struct pooling_check c = pooling_check_new("attention(heads=2, dropout=0.5)", 4, some_lists, 4);
    struct pooling_check plain = pooling_check_new("attention(heads=2)", 4, some_lists, 4);
    EQUAL(pooling_sum_of(&c) == pooling_sum_of(&plain), 1);
    float y[4 * 6], alone[6];
    c.pass.training = true;
    c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, y, c.stride);
    EQUAL(pooling_sum_of(&c) == pooling_sum_of(&plain), 0);
    c.pass.first = 3;
    c.lists = (struct lists){.rows = 1, .starts = some_lists + 3, .x = c.x + 4 * (some_lists[3] - some_lists[0])};
    c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, alone, c.stride);
    for (size_t j = 0; j < 4; j++)
        NEAR(alone[j], y[3 * c.stride + j], 1e-5);
    c.pass.seed++;
    c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, alone, c.stride);
    CHECK(memcmp(alone, y + 3 * c.stride, 4 * sizeof *y) != 0);
}

static void sums_by_hand(void)
{
    static const uint32_t starts[] = {0, 2, 2, 3};
    static const char *const kinds[] = {"sum", "mean", "sqrtn", "last"};
    const float x[] = {1, 2, 3, 4, 5, 6}, weights[] = {1, 3, 0};
    const double plain[4][2] = {{4, 6}, {2, 3}, {4 / sqrt(2), 6 / sqrt(2)}, {3, 4}};
    const double weighted[4][2] = {{10, 14}, {2.5, 3.5}, {10 / sqrt(10), 14 / sqrt(10)}, {3, 4}};
    for (size_t k = 0; k < 4; k++) {
        struct pooling_check c = pooling_check_new(kinds[k], 2, starts, 3);
        float y[12];
        c.lists.x = x;
        c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, y, c.stride);
        NEAR(y[0], plain[k][0], 1e-6);
        NEAR(y[1], plain[k][1], 1e-6);
        EQUAL(y[4] == 0 && y[5] == 0, 1);
        NEAR(y[8], 5, 1e-6);
        c.lists.weights = weights;
        c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, y, c.stride);
        NEAR(y[0], weighted[k][0], 1e-6);
        NEAR(y[1], weighted[k][1], 1e-6);
        NEAR(y[8], k == 3 ? 5 : 0, 1e-6);  // weights that sum to nothing: zeros, never NaN
    }
}

// A place attends to those before it only: what comes out for the last place of a prefix does not change with what follows it, and a list
// that is too long is read from its end.
static void attention_is_causal_and_bounded(void)
{
    static const uint32_t longer[] = {0, 6}, shorter[] = {0, 3};
    struct pooling_check a = pooling_check_new("attention(length=3)", 4, longer, 1), b = pooling_check_new("attention(length=3)", 4, shorter, 1);
    float y[2][6];
    memcpy(b.x, a.x + 3 * 4, 3 * 4 * sizeof *b.x);
    a.pooling.kind->forward(&a.pooling, &a.pass, &a.lists, y[0], a.stride);
    b.pooling.kind->forward(&b.pooling, &b.pass, &b.lists, y[1], b.stride);
    CHECK(memcmp(y[0], y[1], 4 * sizeof **y) == 0);
    run_check(&a);
    for (size_t i = 0; i < 3 * 4; i++)
        EQUAL(a.d_x[i] == 0, 1);
}

static bool is_masked(const json_t *mask, size_t row, size_t step)
{
    return json_is_array(mask) && !json_is_true(json_array_get(json_array_get(mask, row), step));
}

// Masked steps do not stand in lists. Cases of whole sequences, and of reset_after=False, which is no default of Keras, are left out.
static void golden_gru(void)
{
    json_t *file = golden_open("gru");
    size_t done = 0;
    for (size_t i = 0; i < golden_cases(file); i++) {
        const json_t *in = golden_inputs(file, i), *out = golden_outputs(file, i), *mask = json_object_get(in, "mask");
        if (golden_get(in, "return_sequences", 0) != 0 || golden_get(in, "reset_after", 1) == 0)
            continue;
        const json_t *sequences = json_object_get(in, "x"), *first = json_array_get(sequences, 0);
        size_t rows = json_array_size(sequences), steps = json_array_size(first), dim = json_array_size(json_array_get(first, 0));
        size_t units = (size_t)golden_get(in, "units", 0);
        float *x = parts_golden(sequences, rows * steps * dim), *wanted = parts_golden(json_object_get(out, "grad_x"), rows * steps * dim);
        uint32_t *starts = arena_zeros(&parts_arena, rows + 1, sizeof *starts);
        size_t *at = arena_array(&parts_arena, rows * steps, sizeof *at), n = 0;
        for (size_t r = 0; r < rows; r++) {
            for (size_t t = 0; t < steps; t++)
                if (!is_masked(mask, r, t))
                    at[n++] = r * steps + t;
            starts[r + 1] = (uint32_t)n;
        }
        struct pooling_check c = pooling_check_new(arena_printf(&parts_arena, "gru(%zu)", units), dim, starts, rows);
        for (size_t k = 0; k < n; k++)
            memcpy(c.x + k * dim, x + at[k] * dim, dim * sizeof *x);
        for (size_t p = 0; p < 3; p++) {
            struct param *param = c.pooling.part.params[p];
            param->value = parts_golden(json_array_get(json_object_get(in, "weights"), p), param->rows * param->width);
        }
        c.stride = units;
        c.upstream = parts_golden(json_object_get(in, "upstream"), rows * units);
        float *y = arena_array(&parts_arena, rows * units, sizeof *y);
        c.pooling.kind->forward(&c.pooling, &c.pass, &c.lists, y, units);
        parts_same(y, json_object_get(out, "output"), rows * units, 1e-5);
        run_check(&c);
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < dim; j++)
                NEAR(c.d_x[k * dim + j], wanted[at[k] * dim + j], 1e-5);
        static const char *const names[] = {"grad_kernel", "grad_recurrent", "grad_bias"};
        for (size_t p = 0; p < 3; p++)
            parts_same(c.pass.d_params[p], json_object_get(out, names[p]), c.pooling.part.params[p]->rows * c.pooling.part.params[p]->width, 1e-5);
        done++;
    }
    EQUAL(done, 5);
}

static void uneven_heads(void)
{
    pooling_check_new("attention(heads=3)", 4, some_lists, 4);
}

static void no_units(void)
{
    pooling_check_new("gru", 4, some_lists, 4);
}

static void refusals(void)
{
    COMPLAINS(3, "test: pooling attention(heads=3) gets vectors of 4 numbers, wanted a multiple of its 3 heads", uneven_heads);
    COMPLAINS(3, "test: gru needs an argument units", no_units);
}

UNIT_MAIN(UNIT(sums_by_hand), UNIT(gradients_of_sums), UNIT(gradients_of_gru), UNIT(gradients_of_attention),
          UNIT(gradients_of_attention_with_dropout), UNIT(attention_drops_in_training),
          UNIT(attention_is_causal_and_bounded), UNIT(golden_gru), UNIT(refusals))
