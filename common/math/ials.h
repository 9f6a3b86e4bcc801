// Implicit alternating least squares: two tables of vectors whose inner products are near 1 for the pairs that were taken, and near 0 elsewhere.
//
//     struct ials_plan plan = {.dim = 64, .alpha0 = 0.2, .reg = 0.008, .nu = 1, .steps = 3};
//     for (size_t i = 0; i < 16; i++) {
//         ials_update(&plan, &users, user_vectors, item_vectors, items.rows, pool, &scratch);
//         ials_update(&plan, &items, item_vectors, user_vectors, users.rows, pool, &scratch);
//     }
//
// Minimised is, over users u and items i with s = x_u y_i and the weight w of each pair that was taken,
//
//     sum over pairs taken of w (1 - s)^2 + alpha0 * sum over all u, i of s^2 + sum over u of l_u |x_u|^2 + sum over i of l_i |y_i|^2,
//     l_u = reg (n_u + alpha0 * number of items)^nu, n_u the sum of u's weights; l_i alike
//
// (Hu, Koren, Volinsky 2008; the regularisation by frequency and alpha0 as in Rendle, Krichene, Zhang, Koren 2021). For one side it is a
// least-squares problem of each row alone: (alpha0 Y^T Y + sum w y y^T + l I) x = sum w y.
#ifndef MATH_IALS_H
#define MATH_IALS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/pool.h"

// What each row of a side took of the other.
struct ials_lists {
    size_t rows;
    const size_t *starts;      // (rows + 1) row r has the places starts[r] up to before starts[r + 1]
    const uint32_t *ids;       // (places) rows of the other side; a row may stand there twice, its weights then add up
    const float *weights;      // (places) at least 0, or NULL: all 1
};

struct ials_plan {
    size_t dim;
    double alpha0, reg, nu;
    size_t steps;              // of conjugate gradients from what x holds; 0: exactly, by Cholesky's decomposition
};

// The lists of `rows` rows from n pairs of a row and an id of the other side, in the arena; those of a row in the order in which they come.
//   of       (n) below rows
//   weights  (n) or NULL
struct ials_lists ials_lists_of(const uint32_t *of, const uint32_t *ids, const float *weights, size_t n, size_t rows, struct arena *arena)
    __attribute__((warn_unused_result));

// The lists of the other side, in the arena; a row's ids rise if `lists` has its rows in order.
struct ials_lists ials_transpose(const struct ials_lists *lists, size_t other_rows, struct arena *arena)
    __attribute__((warn_unused_result));

// One half of an iteration: moves x to where the sum above is least while y stays. A row that took nothing becomes zeros.
//   x        (lists->rows, dim)
//   y        (y_rows, dim); every id is below y_rows
//   returns  the sum above as it was before, without the l_i |y_i|^2 of the other side
// The number of threads changes nothing. Time, with n pairs: n * dim * (4 steps + 4), or n * dim^2 + rows * dim^3 / 3.
// Scratch: dim^2 and a few rows a thread, and a copy of y if dim is no multiple of 16.
double ials_update(const struct ials_plan *plan, const struct ials_lists *lists, float *x, const float *y, size_t y_rows, struct pool *pool,
                   struct arena *scratch);

#endif
