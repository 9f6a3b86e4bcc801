// WARP (Weston, Bengio, Usunier 2011), as LightFM has it: negatives are tried until one scores above the positive minus the margin. If
// that takes t trials of the N candidates there are, the positive's rank is about (N - 1) / t, and
//
//     loss of an example = log(max(1, floor((N - 1) / t))) * (margin - s_positive + s_negative)
//
// or nothing if max_trials were in vain. Negatives are tried in an order drawn for each example, from those that the batch shares.
#include <math.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/model/loss_row.h"

enum { MARGIN, MAX_TRIALS };

static const struct kind_arg args[] = {
    {"margin", KIND_REAL, 1, 0, 1e6, "by how much a positive should score above a negative"},
    {"max_trials", KIND_COUNT, 10, 1, 1 << 24, "negatives to try for an example"},
    {0},
};

// The place of the first violating negative that is tried, and in *trials its number; SIZE_MAX if there is none.
static size_t find_violation(const struct loss_tiles *t, const struct loss_row *row, size_t k, size_t *trials)
{
    size_t total = (size_t)t->total, n = total + row->n_own, most = (size_t)t->loss->args[MAX_TRIALS];
    float threshold = row->score[k] - (float)t->loss->args[MARGIN];
    uint64_t seed = rng_bits(t->batch->seed, row->query, row->candidate[k]);
    *trials = 0;
    // What is no negative of this example is not counted as a trial, but does not go on for ever either.
    for (size_t i = 0; n > 0 && i < 4 * most && *trials < most; i++) {
        size_t place = (size_t)rng_below(rng_bits(seed, 0, i), n);
        float score = place < total ? row->scores[t->draws[place]] : row->own_score[place - total];
        if (score == -INFINITY || (place < total && t->draws[place] == row->candidate[k]))
            continue;
        ++*trials;
        if (score > threshold)
            return place;
    }
    return SIZE_MAX;
}

static double run_row(const struct loss_tiles *t, struct loss_row *row)
{
    size_t total = (size_t)t->total;
    double loss = 0;
    memset(row->d_spare, 0, t->columns * sizeof *row->d_spare);
    for (size_t k = 0; k < row->n; k++) {
        size_t trials, place = find_violation(t, row, k, &trials);
        row->spare[0][k] = 0;
        if (isnan(row->score[k]))
            loss = NAN;
        if (place == SIZE_MAX)
            continue;
        float score = place < total ? row->scores[t->draws[place]] : row->own_score[place - total];
        double rank = floor((double)(t->batch->catalogue > 1 ? t->batch->catalogue - 1 : 1) / (double)trials);
        double weight = row->weight[k] * log(rank > 1 ? rank : 1);
        loss += weight * (t->loss->args[MARGIN] - (double)row->score[k] + (double)score);
        if (place < total)
            row->d_spare[t->draws[place]] += (float)weight;
        else
            row->d_own[place - total] += (float)weight;
        row->spare[0][k] = -weight;
    }
    memcpy(row->scores, row->d_spare, t->columns * sizeof *row->scores);
    for (size_t k = 0; k < row->n; k++)
        row_add_positive(t, row, k, row->spare[0][k]);
    return loss;
}

const struct loss_kind loss_warp = {
    .name = "warp", .help = "the hinge of a negative that scores too high, weighted by the log of the rank this suggests", .args = args,
    .negatives = "uniform(1000)", .row = run_row,
};
