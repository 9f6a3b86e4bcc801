#include "common/model/loss_pairwise.h"

#include <string.h>

#include "common/math/simd.h"

// Its own occurrences among the negatives have its own score: what they brought is taken away again.
static double one_positive(const struct loss_tiles *t, struct loss_row *row, loss_compare *compare, size_t k, double *d)
{
    double hits = row_hits(t, row, k), n = row->met - hits + (double)row->n_own, pull, own_pull, hit_pull = 0;
    *d = 0;
    if (n <= 0)
        return 0;
    double each = row->weight[k] / n;
    float by = (float)each;
    double sum = compare(t, row, k, row->scores, t->times, t->columns, by, row->d_spare, &pull);
    sum += compare(t, row, k, row->own_score, row->own_times, lanes_up(row->n_own), by, row->d_own, &own_pull);
    if (hits > 0) {
        float scores[LANES] = {row->score[k]}, times[LANES] = {(float)hits}, d_hits[LANES] = {0};
        sum -= compare(t, row, k, scores, times, LANES, by, d_hits, &hit_pull);
        row->d_spare[row->candidate[k]] -= d_hits[0];
    }
    *d = -each * (pull + own_pull - hit_pull);
    return each * sum;
}

double loss_pairwise(const struct loss_tiles *t, struct loss_row *row, loss_compare *compare)
{
    double loss = 0;
    memset(row->d_spare, 0, t->columns * sizeof *row->d_spare);
    for (size_t k = 0; k < row->n; k++)
        loss += one_positive(t, row, compare, k, &row->spare[0][k]);
    memcpy(row->scores, row->d_spare, t->columns * sizeof *row->scores);
    for (size_t k = 0; k < row->n; k++)
        row_add_positive(t, row, k, row->spare[0][k]);
    return loss;
}
