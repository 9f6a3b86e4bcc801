#include "common/math/fold.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"
#include "common/math/matrix.h"

enum { TILE = 64, SLABS = 8, SPARE = 16, SWEEPS = 30 };

struct run {
    const struct fold *fold;
    size_t width;        // of the subspace: k and some to spare
    const float *basis;  // (items, width)
    float *image;        // (users, width): A basis
    float *back[SLABS];  // (items, width): the slab's share of A^T image, NULL in the last pass
    float *all;          // (users, items) A, once the first pass has made it; NULL: each pass makes it again
    bool made;
};

static void standardize(float *row, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += row[i];
    float mean = (float)(sum / (double)n);
    for (size_t i = 0; i < n; i++) {
        row[i] -= mean;
        squares += (double)row[i] * row[i];
    }
    float scale = (float)(1 / (sqrt(squares / (double)n) + 1e-9));
    for (size_t i = 0; i < n; i++)
        row[i] *= scale;
}

// Adds the standardised weights of what the user took; `room` is (items).
static void add_similar(const struct fold *f, size_t user, float *row, float *room)
{
    memset(room, 0, f->items * sizeof *room);
    for (uint32_t t = f->lists[user]; t < f->lists[user + 1]; t++) {
        const float *weights = f->similar + (size_t)f->taken[t] * f->items;
        for (size_t i = 0; i < f->items; i++)
            room[i] += weights[i];
    }
    standardize(room, f->items);
    for (size_t i = 0; i < f->items; i++)
        row[i] += (float)f->blend * room[i];
}

// Rows [from, from + n) of A with weighted columns.
static void make_rows(const struct fold *f, size_t from, size_t n, float *rows, float *room)
{
    matrix_nt(n, f->items, f->dim, 1, f->user + from * f->dim, f->dim, f->item, f->dim, 0, rows, f->items);
    for (size_t u = 0; u < n; u++) {
        float *row = rows + u * f->items;
        standardize(row, f->items);
        if (f->similar != NULL)
            add_similar(f, from + u, row, room);
        for (size_t i = 0; f->column != NULL && i < f->items; i++)
            row[i] *= f->column[i];
    }
}

// One share of the users: the shares are the same however many threads there are.
static void one_slab(void *context, size_t slab, size_t worker)
{
    (void)worker;
    struct run *run = context;
    const struct fold *f = run->fold;
    size_t begin = f->users * slab / SLABS, end = f->users * (slab + 1) / SLABS;
    float *room = memory_aligned((TILE + 1) * f->items, sizeof *room);
    if (run->back[slab] != NULL)
        memset(run->back[slab], 0, f->items * run->width * sizeof(float));
    for (size_t from = begin; from < end; from += TILE) {
        size_t n = end - from < TILE ? end - from : TILE;
        float *image = run->image + from * run->width;
        float *rows = run->all != NULL ? run->all + from * f->items : room + f->items;
        if (!run->made)
            make_rows(f, from, n, rows, room);
        matrix_nn(n, run->width, f->items, 1, rows, f->items, run->basis, run->width, 0, image, run->width);
        if (run->back[slab] != NULL)
            matrix_tn(f->items, run->width, n, 1, rows, f->items, image, run->width, 1, run->back[slab], run->width);
    }
    free(room);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

// Makes the columns of x (n, width) orthonormal: Gram-Schmidt, each column twice, in double. A column that depends on those before it
// becomes zero.
static void orthonormalize(float *x, size_t n, size_t width)
{
    double *columns = memory_aligned(n * width, sizeof *columns);
    for (size_t c = 0; c < width; c++)
        for (size_t i = 0; i < n; i++)
            columns[c * n + i] = x[i * width + c];
    for (size_t c = 0; c < width; c++) {
        double *column = columns + c * n, before = sqrt(dot(column, column, n));
        for (size_t again = 0; again < 2; again++)
            for (size_t b = 0; b < c; b++) {
                double share = dot(columns + b * n, column, n);
                for (size_t i = 0; i < n; i++)
                    column[i] -= share * columns[b * n + i];
            }
        double length = sqrt(dot(column, column, n));
        double scale = length > 1e-9 * before ? 1 / length : 0;
        for (size_t i = 0; i < n; i++)
            x[i * width + c] = (float)(column[i] *= scale);
    }
    free(columns);
}

static void rotate(double *a, double *b, size_t stride, size_t n, double cosine, double sine)
{
    for (size_t i = 0; i < n; i++) {
        double x = a[i * stride], y = b[i * stride];
        a[i * stride] = cosine * x - sine * y;
        b[i * stride] = sine * x + cosine * y;
    }
}

// Eigenvectors of a symmetric matrix by Jacobi's rotations: s (n, n) becomes diagonal, the columns of e (n, n) its vectors.
static void eigenvectors(double *s, double *e, size_t n)
{
    memset(e, 0, n * n * sizeof *e);
    for (size_t i = 0; i < n; i++)
        e[i * n + i] = 1;
    for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, total = 0;
        for (size_t i = 0; i < n * n; i++) {
            total += s[i] * s[i];
            off += i % (n + 1) == 0 ? 0 : s[i] * s[i];
        }
        if (off <= 1e-24 * total)
            return;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                if (s[p * n + q] == 0)
                    continue;
                double theta = (s[q * n + q] - s[p * n + p]) / (2 * s[p * n + q]);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double cosine = 1 / sqrt(t * t + 1), sine = t * cosine;
                rotate(s + p * n, s + q * n, 1, n, cosine, sine);
                rotate(s + p, s + q, n, n, cosine, sine);
                rotate(e + p, e + q, n, n, cosine, sine);
            }
    }
}

// The k columns of e with the largest eigenvalues, as a float matrix (n, k), largest first.
static float *leading(const double *s, const double *e, size_t n, size_t k)
{
    float *out = memory_aligned(n * k, sizeof *out);
    char *taken = memory_zeros(n, 1);
    for (size_t c = 0; c < k; c++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!taken[i] && (best == n || s[i * n + i] > s[best * n + best]))
                best = i;
        taken[best] = 1;
        for (size_t i = 0; i < n; i++)
            out[i * k + c] = (float)e[i * n + best];
    }
    free(taken);
    return out;
}

// The rotation of the subspace that puts what matters most first, cut to k columns.
static float *rotation(const struct run *run)
{
    size_t w = run->width, users = run->fold->users;
    double *gram = memory_zeros(w * w, sizeof *gram), *vectors = memory_zeros(w * w, sizeof *vectors);
    for (size_t u = 0; u < users; u++) {
        const float *row = run->image + u * w;
        for (size_t i = 0; i < w; i++)
            for (size_t j = 0; j < w; j++)
                gram[i * w + j] += (double)row[i] * row[j];
    }
    eigenvectors(gram, vectors, w);
    float *out = leading(gram, vectors, w, run->fold->k);
    free(gram);
    free(vectors);
    return out;
}

void fold_run(const struct fold *f, struct pool *pool, float *user_out, float *item_out)
{
    size_t width = f->k + SPARE < f->items ? f->k + SPARE : f->items;
    float *basis = memory_aligned(f->items * width, sizeof *basis);
    for (size_t i = 0; i < f->items * width; i++)
        basis[i] = (float)(2 * rng_unit(rng_bits(f->seed, 0, i)) - 1);
    struct run run = {.fold = f, .width = width, .basis = basis, .image = memory_aligned(f->users * width, sizeof(float))};
    for (size_t slab = 0; slab < SLABS; slab++)
        run.back[slab] = memory_aligned(f->items * width, sizeof(float));
    if (f->users * f->items <= f->memory_bytes / sizeof(float))
        run.all = memory_aligned(f->users * f->items, sizeof(float));
    for (size_t pass = 0; pass < f->passes; pass++) {
        pool_run(pool, SLABS, one_slab, &run);
        run.made = run.all != NULL;
        memcpy(basis, run.back[0], f->items * width * sizeof *basis);
        for (size_t slab = 1; slab < SLABS; slab++)
            for (size_t i = 0; i < f->items * width; i++)
                basis[i] += run.back[slab][i];
        orthonormalize(basis, f->items, width);
    }
    for (size_t slab = 0; slab < SLABS; slab++) {
        free(run.back[slab]);
        run.back[slab] = NULL;
    }
    pool_run(pool, SLABS, one_slab, &run);
    float *turn = rotation(&run);
    matrix_nn(f->users, f->k, width, 1, run.image, width, turn, f->k, 0, user_out, f->k);
    matrix_nn(f->items, f->k, width, 1, basis, width, turn, f->k, 0, item_out, f->k);
    for (size_t i = 0; f->column != NULL && i < f->items; i++)
        for (size_t c = 0; c < f->k; c++)
            item_out[i * f->k + c] /= f->column[i];
    free(turn);
    free(basis);
    free(run.all);
    free(run.image);
}
