// Causal self-attention over a list, and what stands at its last place: SASRec (Kang, McAuley 2018).
//
// To each vector the embedding of its place is added, counted from the end, so that the last has place 0. A block then is
//
//     n = norm(x)    a = attention(n Q, x K, x V) + n    m = norm(a)    x <- relu(m F + f) G + g + m
//
// where a place sees itself and those before it, and the inner products are divided by the root of a head's width. After the last block
// comes another norm. Only the last `length` vectors of a list are read. Weights mean nothing here.
//
// In training dropout strikes where theirs does: the vectors with their places, the weights of attention, what comes out of relu and of G. Which
// numbers is a function of the seed, the row's number and the place in its list, so that the backward pass drops the same ones.
//
// All lists lie end to end, so every product is one for all places; the attention itself goes list by list.
#include <math.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/math/activation.h"
#include "common/math/linear.h"
#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/math/update.h"
#include "common/model/pooling.h"

enum { BLOCKS, HEADS, LENGTH, DROPOUT };
enum { PLACE, LAST_GAMMA, LAST_BETA, FIRST_BLOCK };
enum {
    NORM1, NORM1_BETA, QUERY, QUERY_BIAS, KEY, KEY_BIAS, VALUE, VALUE_BIAS, NORM2, NORM2_BETA, INNER, INNER_BIAS, OUTER, OUTER_BIAS,
    BLOCK_PARAMS,
};
enum { DROP_INNER, DROP_OUTER, DROP_WEIGHTS };  // in a block; the weights of each head on their own

static const float epsilon = 1e-8f;

static const struct kind_arg args[] = {
    {"blocks", KIND_COUNT, 1, 1, 16, "of attention and a dense layer, one after the other"},
    {"heads", KIND_COUNT, 1, 1, 64, "parts of the vectors that attend on their own"},
    {"length", KIND_COUNT, 50, 1, 4096, "vectors of a list that are read, the last ones"},
    {"dropout", KIND_REAL, 0, 0, 0.999, "share of the numbers that are dropped in training"},
    {0},
};

static void make(struct pooling *pooling)
{
    static const char *const names[BLOCK_PARAMS] = {
        "norm1_gamma", "norm1_beta", "query_kernel", "query_bias", "key_kernel", "key_bias", "value_kernel", "value_bias",
        "norm2_gamma", "norm2_beta", "inner_kernel", "inner_bias", "outer_kernel", "outer_bias",
    };
    struct part *part = &pooling->part;
    part_param(part, "place", "uniform(0.05)");
    part_param(part, "gamma", "constant(1)");
    part_param(part, "beta", "zeros()");
    for (size_t b = 0; b < (size_t)part->args[BLOCKS]; b++)
        for (size_t i = 0; i < BLOCK_PARAMS; i++) {
            const char *init = i == NORM1 || i == NORM2 ? "constant(1)" : i % 2 == 1 ? "zeros()" : "glorot_uniform()";
            part_param(part, arena_printf(part->arena, "%zu/%s", b, names[i]), init);
        }
}

static void shape(struct pooling *pooling, const char *place)
{
    struct part *part = &pooling->part;
    size_t heads = (size_t)part->args[HEADS], dim = pooling->in;
    if (dim % heads != 0)
        die(EXIT_INPUT, "%s: pooling %s gets vectors of %zu numbers, wanted a multiple of its %zu heads", place, part_text(part), dim, heads);
    part_shape(part, PLACE, (size_t)part->args[LENGTH], dim);
    part_shape(part, LAST_GAMMA, 1, dim);
    part_shape(part, LAST_BETA, 1, dim);
    for (size_t i = FIRST_BLOCK; i < part->n_params; i++) {
        size_t p = (i - FIRST_BLOCK) % BLOCK_PARAMS;
        part_shape(part, i, p % 2 == 1 || p == NORM1 || p == NORM2 ? 1 : dim, dim);
    }
}

// The lists without what is too long.
struct places {
    size_t rows, n, dim, heads;
    uint32_t *starts;              // (rows + 1)
    uint32_t *from;                // (n) place in the lists as they came
    uint32_t *back;                // (n) how many places come behind it
    size_t longest;
    double rate;                   // of dropout, 0 but in training
    uint64_t seed;
    size_t first;                  // number of the first row
};

// What a block gets and leaves behind, each (n, dim).
struct block {
    size_t number;
    const float *x;
    float *norm1, *query, *key, *value, *attended, *norm2, *inner, *out;
};

static struct places places_of(const struct pooling *pooling, const struct lists *lists, const struct pass *pass)
{
    struct arena *scratch = pass->scratch;
    size_t all = lists->starts[lists->rows] - lists->starts[0], most = (size_t)pooling->part.args[LENGTH];
    struct places p = {.rows = lists->rows, .dim = pooling->in, .heads = (size_t)pooling->part.args[HEADS],
                       .rate = pass->training ? pooling->part.args[DROPOUT] : 0, .seed = pass->seed, .first = pass->first};
    p.starts = arena_array(scratch, p.rows + 1, sizeof *p.starts);
    p.from = arena_array(scratch, all, sizeof *p.from);
    p.back = arena_array(scratch, all, sizeof *p.back);
    for (size_t i = 0; i < p.rows; i++) {
        size_t length = lists->starts[i + 1] - lists->starts[i], taken = length < most ? length : most;
        p.starts[i] = (uint32_t)p.n;
        p.longest = taken > p.longest ? taken : p.longest;
        for (size_t k = 0; k < taken; k++, p.n++) {
            p.from[p.n] = (uint32_t)(lists->starts[i + 1] - lists->starts[0] - taken + k);
            p.back[p.n] = (uint32_t)(taken - 1 - k);
        }
    }
    p.starts[p.rows] = (uint32_t)p.n;
    return p;
}

// Dropout of the n numbers of one row.
static void drop_row(const struct places *p, uint64_t seed, size_t row, float *x, size_t n)
{
    float by = (float)(1 / (1 - p->rate));
    for (size_t i = 0; i < n; i++)
        x[i] = rng_unit(rng_bits(seed, p->first + row, i)) < p->rate ? 0 : x[i] * by;
}

// Another one for each place of a block that dropout strikes.
static uint64_t drop_seed(const struct places *p, size_t block, size_t where)
{
    return rng_mix(p->seed ^ rng_mix(1 + block * (DROP_WEIGHTS + p->heads) + where));
}

static void drop_rows(const struct places *p, uint64_t seed, float *x)
{
    for (size_t r = 0; p->rate > 0 && r < p->rows; r++)
        drop_row(p, seed, r, x + p->starts[r] * p->dim, (p->starts[r + 1] - p->starts[r]) * p->dim);
}

static void drop_weights(const struct places *p, const struct block *b, size_t row, size_t at, float *weights)
{
    size_t length = p->starts[row + 1] - p->starts[row], head = at / (p->dim / p->heads);
    if (p->rate > 0)
        drop_row(p, drop_seed(p, b->number, DROP_WEIGHTS + head), row, weights, length * length);
}

// The weights by which the places of one list, from `first`, see those before them: (length, length), zero above the diagonal.
static void see(const struct places *p, const struct block *b, size_t first, size_t length, size_t at, float *weights)
{
    size_t width = p->dim / p->heads;
    float scale = 1 / sqrtf((float)width);
    matrix_nt(length, length, width, scale, b->query + first * p->dim + at, p->dim, b->key + first * p->dim + at, p->dim, 0, weights, length);
    for (size_t i = 0; i < length; i++) {
        float *row = weights + i * length, max = row[0], sum = 0;
        for (size_t j = 1; j <= i; j++)
            max = row[j] > max ? row[j] : max;
        for (size_t j = 0; j <= i; j++)
            sum += row[j] = expf(row[j] - max);
        for (size_t j = 0; j < length; j++)
            row[j] = j <= i ? row[j] / sum : 0;
    }
}

static void attend(const struct places *p, struct block *b, struct arena *scratch)
{
    float *weights = arena_array(scratch, p->longest * p->longest, sizeof *weights);
    size_t width = p->dim / p->heads;
    for (size_t r = 0; r < p->rows; r++) {
        size_t first = p->starts[r], length = p->starts[r + 1] - first;
        for (size_t at = 0; at < p->dim && length > 0; at += width) {
            see(p, b, first, length, at, weights);
            drop_weights(p, b, r, at, weights);
            matrix_nn(length, width, length, 1, weights, length, b->value + first * p->dim + at, p->dim, 0,
                      b->attended + first * p->dim + at, p->dim);
        }
    }
}

// Gradients of query, key and value, overwritten, from that of what was attended.
static void attend_back(const struct places *p, const struct block *b, const float *d_attended, float *d_query, float *d_key, float *d_value,
                        struct arena *scratch)
{
    size_t width = p->dim / p->heads, dim = p->dim;
    float *weights = arena_array(scratch, p->longest * p->longest, sizeof *weights), scale = 1 / sqrtf((float)width);
    float *d_weights = arena_array(scratch, p->longest * p->longest, sizeof *d_weights);
    float *dropped = arena_array(scratch, p->longest * p->longest, sizeof *dropped);
    for (size_t r = 0; r < p->rows; r++) {
        size_t first = p->starts[r], n = p->starts[r + 1] - first;
        for (size_t at = 0; at < dim && n > 0; at += width) {
            size_t o = first * dim + at;
            see(p, b, first, n, at, weights);
            matrix_nt(n, n, width, 1, d_attended + o, dim, b->value + o, dim, 0, d_weights, n);
            memcpy(dropped, weights, n * n * sizeof *dropped);
            drop_weights(p, b, r, at, dropped);
            drop_weights(p, b, r, at, d_weights);
            matrix_tn(n, width, n, 1, dropped, n, d_attended + o, dim, 0, d_value + o, dim);
            for (size_t i = 0; i < n; i++) {
                float along = rows_dot(weights + i * n, d_weights + i * n, i + 1);
                for (size_t j = 0; j < n; j++)
                    d_weights[i * n + j] = weights[i * n + j] * (d_weights[i * n + j] - along);
            }
            matrix_nn(n, width, n, scale, d_weights, n, b->key + o, dim, 0, d_query + o, dim);
            matrix_tn(n, width, n, scale, d_weights, n, b->query + o, dim, 0, d_key + o, dim);
        }
    }
}

static const float *value_in(const struct pooling *pooling, size_t block, size_t param)
{
    return part_value(&pooling->part, FIRST_BLOCK + block * BLOCK_PARAMS + param);
}

static struct block run_block(const struct pooling *pooling, const struct places *p, size_t number, const float *x, struct arena *scratch)
{
    size_t n = p->n, dim = p->dim;
    struct block b = {.number = number, .x = x};
    float **made[] = {&b.norm1, &b.query, &b.key, &b.value, &b.attended, &b.norm2, &b.inner, &b.out};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        *made[i] = arena_array(scratch, n * dim, sizeof(float));
    rows_standardize(x, n, dim, value_in(pooling, number, NORM1), value_in(pooling, number, NORM1_BETA), epsilon, b.norm1);
    linear(b.norm1, n, dim, value_in(pooling, number, QUERY), value_in(pooling, number, QUERY_BIAS), dim, b.query);
    linear(x, n, dim, value_in(pooling, number, KEY), value_in(pooling, number, KEY_BIAS), dim, b.key);
    linear(x, n, dim, value_in(pooling, number, VALUE), value_in(pooling, number, VALUE_BIAS), dim, b.value);
    attend(p, &b, scratch);
    update_add(b.attended, b.norm1, n * dim, 1);
    rows_standardize(b.attended, n, dim, value_in(pooling, number, NORM2), value_in(pooling, number, NORM2_BETA), epsilon, b.norm2);
    linear(b.norm2, n, dim, value_in(pooling, number, INNER), value_in(pooling, number, INNER_BIAS), dim, b.inner);
    activation_apply(ACTIVATION_RELU, b.inner, n * dim);
    drop_rows(p, drop_seed(p, number, DROP_INNER), b.inner);
    linear(b.inner, n, dim, value_in(pooling, number, OUTER), value_in(pooling, number, OUTER_BIAS), dim, b.out);
    drop_rows(p, drop_seed(p, number, DROP_OUTER), b.out);
    update_add(b.out, b.norm2, n * dim, 1);
    return b;
}

// The blocks, of which the last one's `out` is what comes before the last norm.
static struct block *run(const struct pooling *pooling, const struct lists *lists, const struct places *p, struct arena *scratch)
{
    size_t blocks = (size_t)pooling->part.args[BLOCKS], dim = p->dim;
    struct block *run = arena_array(scratch, blocks, sizeof *run);
    float *x = arena_array(scratch, p->n * dim, sizeof *x);
    for (size_t i = 0; i < p->n; i++) {
        memcpy(x + i * dim, lists->x + p->from[i] * dim, dim * sizeof *x);
        update_add(x + i * dim, part_value(&pooling->part, PLACE) + p->back[i] * dim, dim, 1);
    }
    drop_rows(p, p->seed, x);
    for (size_t b = 0; b < blocks; b++)
        run[b] = run_block(pooling, p, b, b == 0 ? x : run[b - 1].out, scratch);
    return run;
}

static void forward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, float *y, size_t stride)
{
    struct places p = places_of(pooling, lists, pass);
    const float *out = run(pooling, lists, &p, pass->scratch)[(size_t)pooling->part.args[BLOCKS] - 1].out;
    for (size_t i = 0; i < p.rows; i++, y += stride) {
        memset(y, 0, p.dim * sizeof *y);
        if (p.starts[i + 1] > p.starts[i])
            rows_standardize(out + (p.starts[i + 1] - 1) * p.dim, 1, p.dim, part_value(&pooling->part, LAST_GAMMA),
                             part_value(&pooling->part, LAST_BETA), epsilon, y);
    }
}

// From the gradient of what the block gave to that of what it got, in d_x.
//   d_params  those of the block
static void back_block(const struct pooling *pooling, const struct places *p, size_t number, const struct block *b, const float *d_out,
                       float *const *d_params, float *d_x, struct arena *scratch)
{
    size_t n = p->n, dim = p->dim;
    float *d[6];
    for (size_t i = 0; i < 6; i++)
        d[i] = arena_array(scratch, n * dim, sizeof **d);
    float *d_inner = d[0], *d_norm2 = d[1], *d_attended = d[2], *d_query = d[3], *d_key = d[4], *d_value = d[5];
    float *d_norm1 = d_inner, *d_outer = d_query;  // in turn
    memcpy(d_outer, d_out, n * dim * sizeof *d_outer);
    drop_rows(p, drop_seed(p, number, DROP_OUTER), d_outer);
    memcpy(d_norm2, d_out, n * dim * sizeof *d_norm2);
    linear_back(b->inner, d_outer, n, dim, value_in(pooling, number, OUTER), dim, d_params[OUTER], d_params[OUTER_BIAS], d_inner, 0);
    drop_rows(p, drop_seed(p, number, DROP_INNER), d_inner);
    activation_back(ACTIVATION_RELU, NULL, b->inner, d_inner, n * dim);
    linear_back(b->norm2, d_inner, n, dim, value_in(pooling, number, INNER), dim, d_params[INNER], d_params[INNER_BIAS], d_norm2, 1);
    rows_standardize_back(b->attended, d_norm2, n, dim, value_in(pooling, number, NORM2), epsilon, d_attended, d_params[NORM2],
                          d_params[NORM2_BETA]);
    attend_back(p, b, d_attended, d_query, d_key, d_value, scratch);
    memcpy(d_norm1, d_attended, n * dim * sizeof *d_norm1);
    linear_back(b->norm1, d_query, n, dim, value_in(pooling, number, QUERY), dim, d_params[QUERY], d_params[QUERY_BIAS], d_norm1, 1);
    rows_standardize_back(b->x, d_norm1, n, dim, value_in(pooling, number, NORM1), epsilon, d_x, d_params[NORM1], d_params[NORM1_BETA]);
    linear_back(b->x, d_key, n, dim, value_in(pooling, number, KEY), dim, d_params[KEY], d_params[KEY_BIAS], d_x, 1);
    linear_back(b->x, d_value, n, dim, value_in(pooling, number, VALUE), dim, d_params[VALUE], d_params[VALUE_BIAS], d_x, 1);
}

static void backward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, const float *d_y, size_t stride,
                     float *d_x)
{
    struct places p = places_of(pooling, lists, pass);
    size_t blocks = (size_t)pooling->part.args[BLOCKS], dim = p.dim;
    struct block *b = run(pooling, lists, &p, pass->scratch);
    float *d = arena_zeros(pass->scratch, p.n * dim, sizeof *d);
    for (size_t i = 0; i < p.rows; i++)
        if (p.starts[i + 1] > p.starts[i]) {
            size_t last = (p.starts[i + 1] - 1) * dim;
            rows_standardize_back(b[blocks - 1].out + last, d_y + i * stride, 1, dim, part_value(&pooling->part, LAST_GAMMA), epsilon, d + last,
                                  pass->d_params[LAST_GAMMA], pass->d_params[LAST_BETA]);
        }
    for (size_t k = blocks; k-- > 0;) {
        float *d_before = arena_array(pass->scratch, p.n * dim, sizeof *d_before);
        back_block(pooling, &p, k, &b[k], d, pass->d_params + FIRST_BLOCK + k * BLOCK_PARAMS, d_before, pass->scratch);
        d = d_before;
    }
    drop_rows(&p, p.seed, d);
    memset(d_x, 0, (lists->starts[lists->rows] - lists->starts[0]) * dim * sizeof *d_x);
    for (size_t i = 0; i < p.n; i++) {
        memcpy(d_x + p.from[i] * dim, d + i * dim, dim * sizeof *d_x);
        update_add(pass->d_params[PLACE] + p.back[i] * dim, d + i * dim, dim, 1);
    }
}

const struct pooling_kind pooling_attention = {
    .name = "attention", .help = "causal self-attention, and what it makes of the last place, as SASRec", .args = args, .make = make,
    .shape = shape, .forward = forward, .backward = backward,
};
