// A row's problem has a matrix of dim x dim that is the same for all rows, alpha0 Y^T Y + l I, and a few outer products beside it. Conjugate
// gradients need only its products with vectors, which go through the list of the row: two reads of each vector that is already in
// the cache. Three steps from the last iteration's solution do as well as solving exactly (Takacs, Pilaszy, Tikk 2011), in a fraction
// of the time. Rows are padded to whole lanes, and the loops are built for the widths that are common.
#include "common/math/ials.h"

#include <math.h>
#include <string.h>

#include "common/math/matrix.h"
#include "common/math/simd.h"

enum {
    TILE = 16,         // rows that a worker takes at once
    SLABS = 16,        // partial sums of Y^T Y, added in order
    GATHER = 256,      // vectors side by side for a product
    WIDTH_MAX = 8,     // lanes of sums that fit into registers
    AHEAD = 12,        // places of a list that are fetched ahead
};

struct ials_row {
    const float *y;            // (y_rows, stride)
    const uint32_t *ids;       // (n)
    const float *weights;      // (n), or NULL
    size_t n;
};

SIMD_INLINE void take(lanes *v, const float *p)
{
    memcpy(v, p, sizeof *v);
}

SIMD_INLINE void put(float *p, const lanes *v)
{
    memcpy(p, v, sizeof *v);
}

SIMD_INLINE float sum_lanes(const lanes *v)
{
    float t[LANES];
    memcpy(t, v, sizeof t);
    for (size_t j = 0; j < 8; j++)
        t[j] += t[j + 8];
    for (size_t j = 0; j < 4; j++)
        t[j] += t[j + 4];
    return (t[0] + t[2]) + (t[1] + t[3]);
}

SIMD_INLINE float dot_wide(const float *p, const float *q, size_t width)
{
    lanes dot = {0}, a, b;
    _Pragma("GCC unroll 8")
    for (size_t i = 0; i < width; i++) {
        take(&a, p + i * LANES);
        take(&b, q + i * LANES);
        dot += a * b;
    }
    return sum_lanes(&dot);
}

SIMD_INLINE void add_scaled(float *restrict p, const float *restrict q, size_t width, float by)
{
    for (size_t i = 0; i < width * LANES; i++)
        p[i] += by * q[i];
}

// out = sum over the list of w (one - y p) y; returns the sum of w (one - y p)^2. Where this is inlined with a width, in lanes, that is
// a constant up to WIDTH_MAX, the sums stay in registers.
SIMD_INLINE double through_list(const struct ials_row *row, size_t width, const float *restrict p, float one, float *restrict out)
{
    double squares = 0;
    lanes sums[WIDTH_MAX] = {{0}}, a;
    memset(out, 0, width * sizeof a);
    for (size_t k = 0; k < row->n; k++) {
        const float *y = row->y + (size_t)row->ids[k] * width * LANES;
        for (size_t i = 0; i < width && k + AHEAD < row->n; i++)
            __builtin_prefetch(row->y + ((size_t)row->ids[k + AHEAD] * width + i) * LANES);
        float error = one - dot_wide(y, p, width), by = row->weights != NULL ? row->weights[k] * error : error;
        squares += (double)(by * error);
        if (width > WIDTH_MAX) {
            add_scaled(out, y, width, by);
            continue;
        }
        _Pragma("GCC unroll 8")
        for (size_t i = 0; i < width; i++) {
            take(&a, y + i * LANES);
            sums[i] += a * by;
        }
    }
    if (width <= WIDTH_MAX)
        memcpy(out, sums, width * sizeof a);
    return squares;
}

// out -= matrix p + l p, with the symmetric matrix (stride, stride) of all rows; returns p (matrix p + l p).
SIMD_INLINE double through_matrix(const float *matrix, size_t width, float l, const float *p, float *out)
{
    size_t stride = width * LANES;
    double along = 0;
    for (size_t from = 0; from < width; from++) {
        lanes sum = {0}, a, b;
        for (size_t d = 0; d < stride; d++) {
            take(&a, matrix + d * stride + from * LANES);
            sum += a * p[d];
        }
        take(&a, p + from * LANES);
        sum += a * l;
        take(&b, out + from * LANES);
        b -= sum;
        put(out + from * LANES, &b);
        sum *= a;
        along += (double)sum_lanes(&sum);
    }
    return along;
}

// Conjugate gradients from x on (stride); scratch is three more rows. Returns what the row adds to the sum that is minimised, at the first x.
SIMD_INLINE double descend(const struct ials_row *row, const float *matrix, size_t width, float l, size_t steps, float *x, float *scratch)
{
    size_t stride = width * LANES;
    float *r = scratch, *p = r + stride, *a = p + stride;
    double before = through_list(row, width, x, 1, r);
    before += through_matrix(matrix, width, l, x, r);
    for (size_t i = 0; i < stride; i++)  // not memcpy: gcc's sanitizer warns of it
        p[i] = r[i];
    float square = dot_wide(r, r, width);
    for (size_t step = 0; step < steps && square > 1e-20f; step++) {
        through_list(row, width, p, 0, a);
        through_matrix(matrix, width, l, p, a);  // a is minus the product of the row's matrix with p
        float by = square / -dot_wide(p, a, width);
        add_scaled(x, p, width, by);
        add_scaled(r, a, width, by);
        float next = dot_wide(r, r, width);
        for (size_t i = 0; i < stride; i++)
            p[i] = r[i] + next / square * p[i];
        square = next;
    }
    return before;
}

MULTI_ARCH static double ials_descend_fast(const struct ials_row *row, const float *matrix, size_t width, float l, size_t steps, float *x,
                                           float *scratch)
{
    switch (width) {
    case 1: return descend(row, matrix, 1, l, steps, x, scratch);
    case 2: return descend(row, matrix, 2, l, steps, x, scratch);
    case 4: return descend(row, matrix, 4, l, steps, x, scratch);
    case 8: return descend(row, matrix, 8, l, steps, x, scratch);
    default: return descend(row, matrix, width, l, steps, x, scratch);
    }
}

MULTI_ARCH static double ials_objective_fast(const struct ials_row *row, const float *matrix, size_t width, float l, const float *x, float *scratch)
{
    double sum = through_list(row, width, x, 1, scratch);
    return sum + through_matrix(matrix, width, l, x, scratch);
}

struct update {
    const struct ials_plan *plan;
    const struct ials_lists *lists;
    float *x;                       // (rows, dim)
    const float *y;                 // (y_rows, stride)
    size_t y_rows, width, stride;
    float *slabs;                   // (SLABS)(stride, stride)
    float *matrix;                  // (stride, stride) alpha0 Y^T Y
    float *scratch;                 // (threads)(scratch_size)
    size_t scratch_size;
    double *sums;                   // (tiles)
};

static size_t slab_begin(const struct update *u, size_t slab)
{
    return u->y_rows * slab / SLABS;
}

static void sum_slab(void *context, size_t slab, size_t worker)
{
    struct update *u = context;
    size_t from = slab_begin(u, slab), n = slab_begin(u, slab + 1) - from, area = u->stride * u->stride;
    (void)worker;
    matrix_tn(u->stride, u->stride, n, (float)u->plan->alpha0, u->y + from * u->stride, u->stride, u->y + from * u->stride, u->stride, 0,
              u->slabs + slab * area, u->stride);
}

// alpha0 Y^T Y, both halves the same.
static void sum_matrix(struct update *u, struct pool *pool)
{
    size_t area = u->stride * u->stride;
    pool_run(pool, SLABS, sum_slab, u);
    memset(u->matrix, 0, area * sizeof *u->matrix);
    for (size_t s = 0; s < SLABS; s++)
        for (size_t i = 0; i < area; i++)
            u->matrix[i] += u->slabs[s * area + i];
    for (size_t i = 0; i < u->stride; i++)
        for (size_t j = 0; j < i; j++)
            u->matrix[i * u->stride + j] = u->matrix[j * u->stride + i];
}

// Adds the outer products of the list to the matrix, and the right side to b.
static void sum_outer(const struct update *u, const struct ials_row *row, float *side, float *scaled, float *matrix, float *b)
{
    size_t stride = u->stride;
    for (size_t from = 0; from < row->n; from += GATHER) {
        size_t n = row->n - from < GATHER ? row->n - from : GATHER;
        for (size_t k = 0; k < n; k++) {
            const float *y = u->y + (size_t)row->ids[from + k] * stride;
            float w = row->weights != NULL ? row->weights[from + k] : 1;
            for (size_t j = 0; j < stride; j++) {
                side[k * stride + j] = y[j];
                scaled[k * stride + j] = w * y[j];
                b[j] += w * y[j];
            }
        }
        matrix_tn(stride, stride, n, 1, side, stride, scaled, stride, 1, matrix, stride);
    }
}

static double solve_row(const struct update *u, const struct ials_row *row, float l, float *x, float *scratch)
{
    size_t stride = u->stride, dim = u->plan->dim;
    float *matrix = scratch, *side = matrix + stride * stride, *scaled = side + GATHER * stride;
    double before = ials_objective_fast(row, u->matrix, u->width, l, x, side);
    memcpy(matrix, u->matrix, stride * stride * sizeof *matrix);
    for (size_t j = 0; j < dim; j++)
        matrix[j * stride + j] += l;
    memset(x, 0, stride * sizeof *x);
    sum_outer(u, row, side, scaled, matrix, x);
    matrix_solve(dim, matrix, stride, x);
    return before;
}

static double update_row(const struct update *u, size_t r, float *scratch)
{
    const struct ials_lists *lists = u->lists;
    size_t from = lists->starts[r], dim = u->plan->dim;
    struct ials_row row = {.y = u->y, .ids = lists->ids + from, .n = lists->starts[r + 1] - from,
                           .weights = lists->weights != NULL ? lists->weights + from : NULL};
    double taken = (double)row.n, before = 0;
    for (size_t k = 0; row.weights != NULL && k < row.n; k++)
        taken += (double)row.weights[k] - 1;
    float *out = u->x + r * dim, *x = scratch, *rest = scratch + u->stride;
    if (row.n == 0 || taken <= 0) {
        memset(out, 0, dim * sizeof *out);
        return 0;
    }
    float l = (float)(u->plan->reg * pow(taken + u->plan->alpha0 * (double)u->y_rows, u->plan->nu));
    memset(x, 0, u->stride * sizeof *x);
    memcpy(x, out, dim * sizeof *x);
    if (u->plan->steps == 0)
        before = solve_row(u, &row, l, x, rest);
    else
        before = ials_descend_fast(&row, u->matrix, u->width, l, u->plan->steps, x, rest);
    memcpy(out, x, dim * sizeof *x);
    return before;
}

static void update_tile(void *context, size_t tile, size_t worker)
{
    struct update *u = context;
    size_t end = (tile + 1) * TILE < u->lists->rows ? (tile + 1) * TILE : u->lists->rows;
    double sum = 0;
    for (size_t r = tile * TILE; r < end; r++)
        sum += update_row(u, r, u->scratch + worker * u->scratch_size);
    u->sums[tile] = sum;
}

// The rows padded to whole lanes with zeros.
static const float *padded(const float *y, size_t rows, size_t dim, size_t stride, struct arena *scratch)
{
    if (dim == stride)
        return y;
    float *copy = arena_zeros(scratch, rows * stride, sizeof *copy);
    for (size_t i = 0; i < rows; i++)
        memcpy(copy + i * stride, y + i * dim, dim * sizeof *y);
    return copy;
}

double ials_update(const struct ials_plan *plan, const struct ials_lists *lists, float *x, const float *y, size_t y_rows, struct pool *pool,
                   struct arena *scratch)
{
    size_t stride = lanes_up(plan->dim), tiles = (lists->rows + TILE - 1) / TILE;
    struct update u = {.plan = plan, .lists = lists, .x = x, .y_rows = y_rows, .width = stride / LANES, .stride = stride};
    u.y = padded(y, y_rows, plan->dim, stride, scratch);
    u.matrix = arena_array(scratch, stride * stride, sizeof *u.matrix);
    u.slabs = arena_array(scratch, SLABS * stride * stride, sizeof *u.slabs);
    u.scratch_size = plan->steps > 0 ? 4 * stride : stride * (1 + stride + 2 * GATHER);
    u.scratch = arena_array(scratch, pool_threads(pool) * u.scratch_size, sizeof *u.scratch);
    u.sums = arena_zeros(scratch, tiles, sizeof *u.sums);
    sum_matrix(&u, pool);
    pool_run(pool, tiles, update_tile, &u);
    double sum = 0;
    for (size_t t = 0; t < tiles; t++)
        sum += u.sums[t];
    return sum;
}

// Where the places of each row begin, a row having as many as `of` names it.
static size_t *starts_of(const uint32_t *of, size_t n, size_t rows, struct arena *arena)
{
    size_t *starts = arena_zeros(arena, rows + 1, sizeof *starts);
    for (size_t k = 0; k < n; k++)
        starts[of[k]]++;
    for (size_t i = 0, before = 0; i <= rows; i++) {
        size_t here = starts[i];
        starts[i] = before;
        before += here;
    }
    return starts;
}

// Once every place is filled, starts[r] is where r ended: where r + 1 begins.
static void rewind_starts(size_t *starts, size_t rows)
{
    memmove(starts + 1, starts, rows * sizeof *starts);
    starts[0] = 0;
}

struct ials_lists ials_lists_of(const uint32_t *of, const uint32_t *ids, const float *weights, size_t n, size_t rows, struct arena *arena)
{
    size_t *starts = starts_of(of, n, rows, arena);
    uint32_t *places = arena_array(arena, n, sizeof *places);
    float *weighted = weights != NULL ? arena_array(arena, n, sizeof *weighted) : NULL;
    for (size_t k = 0; k < n; k++) {
        size_t place = starts[of[k]]++;
        places[place] = ids[k];
        if (weights != NULL)
            weighted[place] = weights[k];
    }
    rewind_starts(starts, rows);
    return (struct ials_lists){rows, starts, places, weighted};
}

struct ials_lists ials_transpose(const struct ials_lists *lists, size_t other_rows, struct arena *arena)
{
    size_t n = lists->starts[lists->rows], *starts = starts_of(lists->ids, n, other_rows, arena);
    uint32_t *ids = arena_array(arena, n, sizeof *ids);
    float *weights = lists->weights != NULL ? arena_array(arena, n, sizeof *weights) : NULL;
    for (size_t r = 0; r < lists->rows; r++)
        for (size_t k = lists->starts[r]; k < lists->starts[r + 1]; k++) {
            size_t place = starts[lists->ids[k]]++;
            ids[place] = (uint32_t)r;
            if (weights != NULL)
                weights[place] = lists->weights[k];
        }
    rewind_starts(starts, other_rows);
    return (struct ials_lists){other_rows, starts, ids, weights};
}
