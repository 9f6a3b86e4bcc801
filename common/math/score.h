// The score of a row for a query: one number for two vectors, wherever the row lies, whoever else is asked for, however it was found.
//
// Lists are made by products as fast as the machine has them (BLAS, bytes), whose last bits depend on where a row stands in a matrix and on the
// matrix's size. So they only say which rows may be in a list; those are scored here, and order and ties are of these scores.
//
//     const struct scoring by = {.width = 64};
//     struct score_query asked = score_query_of(&by, query);
//     float least = score_least_product(&by, &asked, kth_best, error);     // what has a lower product is not as good
//     score = score_row(&by, query, row);
#ifndef MATH_SCORE_H
#define MATH_SCORE_H

#include <stddef.h>
#include <stdint.h>

struct scoring {
    size_t width;          // numbers of a vector; the score is the product of two, or
    size_t near;           //   if not 0, minus the square of the distance of their first `near` numbers. The product is (|q|^2 + score) / 2 then,
                           //   but for rounding, whatever makes it so (index/metric.h)
};

struct score_query {
    double length;         // of all numbers
    double square;         // of the first `near`
};

struct score_query score_query_of(const struct scoring *by, const float *query);

float score_row(const struct scoring *by, const float *query, const float *row);

//   rows    (..., width), of which those at `places` (n) are scored
void score_rows(const struct scoring *by, const float *query, const float *rows, const uint32_t *places, size_t n, float *out);

// Products of a vector with rows (n, width), each the score_row of inner products.
void score_products(const float *vector, const float *rows, size_t n, size_t width, float *out);

// The length of the longest of these rows (n, width), or a little more; not finite if a number is not, or nearly.
double score_longest(const float *rows, size_t n, size_t width);

// The most by which a product of the query and such a row can be wrong, whatever adds it up, as far as it tells of the score. Infinite if a product
// may be no float: then what adds up otherwise may come to something else, and every row has to be scored.
double score_error(const struct scoring *by, const struct score_query *query, double longest);

// The least product of a row that has this score, if products are wrong by `error` at most, and the least score of a row that has this product.
float score_least_product(const struct scoring *by, const struct score_query *query, float score, double error);
float score_least(const struct scoring *by, const struct score_query *query, float product, double error);

#endif
