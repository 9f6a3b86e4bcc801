// The state of a gated recurrent unit after the last vector of a list, as Keras' GRU with reset_after=True, its default (Cho et al. 2014):
//
//     z = sig(x Wz + bz + h Uz + cz)    r = sig(x Wr + br + h Ur + cr)    g = tanh(x Wh + bh + r (h Uh + ch))    h <- z h + (1 - z) g
//
// The kernel W is (in, 3 units), the recurrent kernel U (units, 3 units), the bias (2, 3 units): b, then c; each in the order z, r, h. A masked
// step carries h over, so it is the same as none: masked ids do not stand in lists.
//
// Lists are put in order of falling length, so that those which have a vector at step t are the first n_t, and a step is one product for
// all of them. What a step leaves behind lies step after step; x W is one product for all.
#include <math.h>
#include <string.h>

#include "common/base/sort.h"
#include "common/math/linear.h"
#include "common/math/matrix.h"
#include "common/math/rows.h"
#include "common/model/pooling.h"

enum { UNITS };
enum { KERNEL, RECURRENT, BIAS };

static const struct kind_arg args[] = {
    {"units", KIND_COUNT, NAN, 1, 1 << 16, "numbers of the state, which come out"},
    {0},
};

static void make(struct pooling *pooling)
{
    part_param(&pooling->part, "kernel", "glorot_uniform()");
    part_param(&pooling->part, "recurrent_kernel", "orthogonal()");
    part_param(&pooling->part, "bias", "zeros()");
}

static void shape(struct pooling *pooling, const char *place)
{
    (void)place;
    pooling->out = (size_t)pooling->part.args[UNITS];
    part_shape(&pooling->part, KERNEL, pooling->in, 3 * pooling->out);
    part_shape(&pooling->part, RECURRENT, pooling->out, 3 * pooling->out);
    part_shape(&pooling->part, BIAS, 2, 3 * pooling->out);
}

struct steps {
    size_t units, places, rows, n;      // n steps
    uint32_t *order;                    // (rows) lists, the longest first
    size_t *begins;                     // (n + 1) where a step's entries begin: one for each list that is so long, in order
    uint32_t *place;                    // (places) of the entry's vector
    float *inner;                       // (places, 3 units) x W + b, by place
    float *before;                      // (places, units) h before the step, by entry
    float *z, *r, *g, *recurrent;       // (places, units) by entry; recurrent: h Uh + ch
    float *h;                           // (rows, units) the states, in order
};

static size_t length_of(const struct lists *lists, size_t row)
{
    return lists->starts[row + 1] - lists->starts[row];
}

static void plan(struct steps *s, const struct lists *lists, struct arena *scratch)
{
    uint64_t *keys = arena_array(scratch, s->rows, sizeof *keys);
    s->order = arena_array(scratch, s->rows, sizeof *s->order);
    for (size_t i = 0; i < s->rows; i++) {
        keys[i] = UINT32_MAX - length_of(lists, i);
        s->order[i] = (uint32_t)i;
    }
    sort_keys(keys, s->order, s->rows);
    s->n = s->rows > 0 ? length_of(lists, s->order[0]) : 0;
    s->begins = arena_array(scratch, s->n + 1, sizeof *s->begins);
    s->place = arena_array(scratch, s->places, sizeof *s->place);
    s->begins[0] = 0;
    for (size_t t = 0; t < s->n; t++) {
        size_t at = s->begins[t];
        for (size_t i = 0; i < s->rows && length_of(lists, s->order[i]) > t; i++)
            s->place[at++] = (uint32_t)(lists->starts[s->order[i]] - lists->starts[0] + t);
        s->begins[t + 1] = at;
    }
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

//   hidden  (units * 3) h U + c of the entry
static void run_entry(struct steps *s, size_t entry, size_t row, const float *hidden)
{
    size_t u = s->units, at = entry * u;
    const float *inner = s->inner + s->place[entry] * 3 * u;
    float *h = s->h + row * u;
    for (size_t j = 0; j < u; j++) {
        s->before[at + j] = h[j];
        s->z[at + j] = sigmoid(inner[j] + hidden[j]);
        s->r[at + j] = sigmoid(inner[u + j] + hidden[u + j]);
        s->recurrent[at + j] = hidden[2 * u + j];
        s->g[at + j] = tanhf(inner[2 * u + j] + s->r[at + j] * hidden[2 * u + j]);
        h[j] = s->z[at + j] * h[j] + (1 - s->z[at + j]) * s->g[at + j];
    }
}

static struct steps run(const struct pooling *pooling, const struct lists *lists, struct arena *scratch)
{
    size_t u = pooling->out, places = lists->starts[lists->rows] - lists->starts[0];
    struct steps s = {.units = u, .places = places, .rows = lists->rows};
    plan(&s, lists, scratch);
    s.inner = arena_array(scratch, places * 3 * u, sizeof(float));
    s.h = arena_zeros(scratch, s.rows * u, sizeof(float));
    float **kept[] = {&s.before, &s.z, &s.r, &s.g, &s.recurrent};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        *kept[i] = arena_array(scratch, places * u, sizeof(float));
    const float *bias = part_value(&pooling->part, BIAS);
    linear(lists->x, places, pooling->in, part_value(&pooling->part, KERNEL), bias, 3 * u, s.inner);
    float *hidden = arena_array(scratch, s.rows * 3 * u, sizeof *hidden);
    for (size_t t = 0; t < s.n; t++) {
        size_t first = s.begins[t], n = s.begins[t + 1] - first;
        linear(s.h, n, u, part_value(&pooling->part, RECURRENT), bias + 3 * u, 3 * u, hidden);
        for (size_t i = 0; i < n; i++)
            run_entry(&s, first + i, i, hidden + i * 3 * u);
    }
    return s;
}

static void forward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, float *y, size_t stride)
{
    struct steps s = run(pooling, lists, pass->scratch);
    for (size_t i = 0; i < s.rows; i++)
        memcpy(y + s.order[i] * stride, s.h + i * s.units, s.units * sizeof *y);
}

// The gradients of what goes into the gates of an entry, by x (d_inner) and by h (d_hidden); d_h becomes that of the state before, less
// what comes back through U.
static void back_entry(const struct steps *s, size_t entry, float *d_h, float *d_inner, float *d_hidden)
{
    size_t u = s->units, at = entry * u;
    for (size_t j = 0; j < u; j++) {
        float z = s->z[at + j], r = s->r[at + j], g = s->g[at + j], recurrent = s->recurrent[at + j];
        float d_g = d_h[j] * (1 - z) * (1 - g * g);
        d_inner[j] = d_hidden[j] = d_h[j] * (s->before[at + j] - g) * z * (1 - z);
        d_inner[u + j] = d_hidden[u + j] = d_g * recurrent * r * (1 - r);
        d_inner[2 * u + j] = d_g;
        d_hidden[2 * u + j] = d_g * r;
        d_h[j] *= z;
    }
}

static void backward(const struct pooling *pooling, const struct pass *pass, const struct lists *lists, const float *d_y, size_t stride,
                     float *d_x)
{
    struct steps s = run(pooling, lists, pass->scratch);
    size_t u = s.units;
    float *d_inner = arena_array(pass->scratch, s.places * 3 * u, sizeof *d_inner);    // by place
    float *d_hidden = arena_array(pass->scratch, s.places * 3 * u, sizeof *d_hidden);  // by entry
    float *d_h = arena_array(pass->scratch, s.rows * u, sizeof *d_h);
    for (size_t i = 0; i < s.rows; i++)
        memcpy(d_h + i * u, d_y + s.order[i] * stride, u * sizeof *d_h);
    for (size_t t = s.n; t-- > 0;) {
        size_t first = s.begins[t], n = s.begins[t + 1] - first;
        for (size_t i = 0; i < n; i++)
            back_entry(&s, first + i, d_h + i * u, d_inner + s.place[first + i] * 3 * u, d_hidden + (first + i) * 3 * u);
        matrix_nt(n, u, 3 * u, 1, d_hidden + first * 3 * u, 3 * u, part_value(&pooling->part, RECURRENT), 3 * u, 1, d_h, u);
    }
    float *d_bias = pass->d_params[BIAS];
    linear_back(s.before, d_hidden, s.places, u, part_value(&pooling->part, RECURRENT), 3 * u, pass->d_params[RECURRENT], d_bias + 3 * u,
                NULL, 0);
    linear_back(lists->x, d_inner, s.places, pooling->in, part_value(&pooling->part, KERNEL), 3 * u, pass->d_params[KERNEL], d_bias, d_x, 0);
}

const struct pooling_kind pooling_gru = {
    .name = "gru", .help = "the last state of a gated recurrent unit, as Keras' GRU", .args = args, .make = make, .shape = shape,
    .forward = forward, .backward = backward,
};
