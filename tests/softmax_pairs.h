// The softmax loss of TFRS's Retrieval task over a table of n examples by m candidates, with everything that task can do:
// hard negatives, a mask, more candidates than examples, several vectors a query. Column i of row i is the positive.
//
// It costs what such a table costs, and is what the losses over distinct rows (common/model/loss_tiles.c) are compared with.
#ifndef TESTS_SOFTMAX_PAIRS_H
#define TESTS_SOFTMAX_PAIRS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/math/matrix.h"

struct softmax_pairs {
    size_t n, heads, m, dim;        // m >= n
    const float *query;             // (n, heads, dim); a score is the best of a query's heads
    const float *candidate;         // (m, dim)
    float *d_query, *d_candidate;   // the same shapes, overwritten
    const float *weight;            // (n), or NULL
    const float *probability;       // (m), or NULL: scores lose log(clip(probability, 1e-6, 1))
    const uint32_t *hits;           // (m) candidate ids whose other occurrences are dropped from a row, or NULL
    const unsigned char *mask;      // (n, m) 0 drops a score, or NULL
    double temperature;
    size_t hard;                    // the positive and so many of the highest other scores are kept; SIZE_MAX: all
    double factor;                  // multiplies loss and gradients
};

// Row by row, in TFRS's order: scores; / temperature; - log q; hits and mask set to MIN_FLOAT; the hard ones; cross-entropy.
// What is dropped keeps a column with a logit so low that its exponential is 0, so a row dropped whole has a finite loss, as there.
enum { TILE_ROWS = 64 };

static const float dropped = -3.4028235e36f;  // tfrs.layers.loss.MIN_FLOAT

// The k-th largest of n numbers, 1 <= k <= n; reorders them.
static float kth_largest(float *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1, wanted = k - 1;
    while (low < high) {
        float pivot = x[low + (high - low) / 2];
        size_t i = low, j = high;
        while (i <= j) {
            while (x[i] > pivot)
                i++;
            while (x[j] < pivot)
                j--;
            if (i > j)
                break;
            float swap = x[i];
            x[i++] = x[j];
            x[j] = swap;
            if (j == 0)
                break;
            j--;
        }
        if (wanted <= j && j < high)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
    return x[wanted];
}

// Sets all but the positive and the `hard` largest other logits to minus infinity.
static void keep_hard(float *logits, size_t m, size_t positive, size_t hard, float *scratch)
{
    if (hard >= m - 1)
        return;
    size_t n = 0;
    for (size_t j = 0; j < m; j++)
        if (j != positive)
            scratch[n++] = logits[j];
    float least = hard > 0 ? kth_largest(scratch, n, hard) : INFINITY;
    size_t above = 0;
    for (size_t j = 0; j < m; j++)
        above += j != positive && logits[j] > least;
    // Of those equal to the least that is kept, the first ones fill up.
    for (size_t j = 0, ties = hard - above; j < m; j++) {
        if (j == positive || logits[j] > least)
            continue;
        if (logits[j] == least && ties > 0)
            ties--;
        else
            logits[j] = -INFINITY;
    }
}

// Turns a row of scores into the gradient with respect to them; returns its loss.
static double row_gradient(const struct softmax_pairs *p, size_t i, float *row, float *scratch)
{
    for (size_t j = 0; j < p->m; j++) {
        if (p->probability != NULL)
            row[j] -= logf(fminf(fmaxf(p->probability[j], 1e-6f), 1));
        if (p->hits != NULL && j != i && p->hits[j] == p->hits[i])
            row[j] += dropped;
        if (p->mask != NULL && !p->mask[i * p->m + j])
            row[j] = dropped;
    }
    keep_hard(row, p->m, i, p->hard, scratch);

    float max = -INFINITY, positive = row[i];
    for (size_t j = 0; j < p->m; j++)
        max = row[j] > max ? row[j] : max;
    double sum = 0, weight = p->factor * (p->weight != NULL ? p->weight[i] : 1);
    for (size_t j = 0; j < p->m; j++)
        sum += row[j] = expf(row[j] - max);
    for (size_t j = 0; j < p->m; j++)
        row[j] = (float)(weight * (row[j] / sum - (j == i)));
    return weight * (log(sum) + (double)max - (double)positive);
}

// scores (rows, heads, m) -> best (rows, m) and which head gave it
static void best_heads(const struct softmax_pairs *p, const float *scores, size_t rows, float *best, uint32_t *which)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p->m; j++) {
            const float *of_heads = scores + i * p->heads * p->m + j;
            size_t h_best = 0;
            for (size_t h = 1; h < p->heads; h++)
                if (of_heads[h * p->m] > of_heads[h_best * p->m])
                    h_best = h;
            best[i * p->m + j] = of_heads[h_best * p->m];
            which[i * p->m + j] = (uint32_t)h_best;
        }
}

// d_best (rows, m) -> d_scores (rows, heads, m)
static void spread_heads(const struct softmax_pairs *p, const float *d_best, const uint32_t *which, size_t rows, float *d_scores)
{
    memset(d_scores, 0, rows * p->heads * p->m * sizeof *d_scores);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p->m; j++)
            d_scores[(i * p->heads + which[i * p->m + j]) * p->m + j] = d_best[i * p->m + j];
}

// The sum over the rows of weight times cross-entropy. Time n m dim; scratch from the arena.
static double softmax_pairs(const struct softmax_pairs *p, struct arena *scratch)
{
    float *scores = arena_array(scratch, TILE_ROWS * p->heads * p->m, sizeof *scores);
    float *best = p->heads > 1 ? arena_array(scratch, TILE_ROWS * p->m, sizeof *best) : scores;
    uint32_t *which = p->heads > 1 ? arena_array(scratch, TILE_ROWS * p->m, sizeof *which) : NULL;
    float *spare = arena_array(scratch, p->m, sizeof *spare), scale = (float)(1 / p->temperature);
    double loss = 0;
    memset(p->d_candidate, 0, p->m * p->dim * sizeof *p->d_candidate);
    for (size_t from = 0; from < p->n; from += TILE_ROWS) {
        size_t rows = p->n - from < TILE_ROWS ? p->n - from : TILE_ROWS, lines = rows * p->heads;
        const float *query = p->query + from * p->heads * p->dim;
        matrix_nt(lines, p->m, p->dim, scale, query, p->dim, p->candidate, p->dim, 0, scores, p->m);
        if (p->heads > 1)
            best_heads(p, scores, rows, best, which);
        for (size_t i = 0; i < rows; i++)
            loss += row_gradient(p, from + i, best + i * p->m, spare);
        if (p->heads > 1)
            spread_heads(p, best, which, rows, scores);
        matrix_nn(lines, p->dim, p->m, scale, scores, p->m, p->candidate, p->dim, 0, p->d_query + from * p->heads * p->dim, p->dim);
        matrix_tn(p->m, p->dim, lines, scale, scores, p->m, query, p->dim, 1, p->d_candidate, p->dim);
    }
    return loss;
}

#endif
