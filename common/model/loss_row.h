// What a kind of loss sees of a step: the scores of one query.
//
// loss_tiles.c computes scores, hands them to the kind row by row, and takes gradients from it. `scores` are those of the shared negatives;
// the positives stand there too, if they are shared, and apart with each query's own negatives in short lists.
#ifndef MODEL_LOSS_ROW_H
#define MODEL_LOSS_ROW_H

#include "common/model/loss.h"

// The same for all rows.
struct loss_tiles {
    const struct loss *loss;
    const struct loss_batch *batch;
    float scale;           // scores are inner products times this: 1 / temperature
    size_t heads, shared;
    size_t columns;        // shared, whole lanes
    float *times;          // (columns) 0 in the padding
    float *minus_log_q;    // (n_candidates): what log-q adds to a logit
    float *bias;           // (columns): minus_log_q + log times; minus infinity in the padding
    double *log_times;     // (columns)
    double total;          // the sum of times
    bool among;
    uint32_t *draws;       // (total) the shared candidates, each as often as it counts
};

struct loss_row {
    size_t query;
    float *scores;               // (columns) in: scores, minus infinity where dropped; out: the gradient with respect to them
    double met;                  // the sum of times without the dropped
    size_t n;                    // positives: distinct candidates
    const uint32_t *candidate;   // (n)
    const double *weight;        // (n)
    const float *score;          // (n)
    const bool *among;           // (n): is in `scores`, and not dropped
    float *d;                    // (n) zeros; out: gradient of positives that are not shared, as row_add_positive knows
    size_t n_own;                // the query's own negatives
    const float *own_score;      // (n_own, whole lanes)
    const float *own_times;      // (n_own, whole lanes) 1, 0 in the padding
    const float *own_minus_log_q;  // (n_own)
    float *d_own;                // (n_own, whole lanes) zeros; out
    double *spare[2];            // (n, or columns if that is more) scratch
    float *d_spare;              // (columns) scratch
    uint64_t *keys;              // (total + n_own) scratch
};

// How often positive k of the row is counted as a negative of itself by `times`, and has to be left out.
static inline double row_hits(const struct loss_tiles *t, const struct loss_row *row, size_t k)
{
    if (!row->among[k])
        return 0;
    return t->batch->remove_hits ? (double)t->times[row->candidate[k]] : t->among ? 1 : 0;
}

static inline void row_add_positive(const struct loss_tiles *t, struct loss_row *row, size_t k, double d)
{
    uint32_t c = row->candidate[k];
    if (c < t->shared)
        row->scores[c] += (float)d;
    else
        row->d[k] += (float)d;
}

#endif
