// The softmax: every example's candidate against the negatives, as in TFRS's Retrieval task.
//
// TFRS scores B examples against B candidates. But a score depends on query and candidate only, so with m_c the times candidate c
// occurs among the negatives, and s_uc = q_u . c / temperature - log(clip(q_c, 1e-6, 1)), the loss of example i = (u, c) with weight w_i is
//
//     w_i (log Z_i - s_uc),    Z_i = sum over candidates c' of m_c' exp(s_uc')
//
// which runs over distinct rows and is the same number. Without accidental hits, the other m_c - 1 occurrences of c are left out:
//
//     Z_i = Z_u + a_i exp(s_uc),    a_i = 1 - m_c;   with them a_i = 0, or 1 if the positive is not among the negatives
//
// Z_u is at most m_c Z_i, so the subtraction loses a factor of m_c at most. The exponentials are floats, but the very float that
// is subtracted is in the sum, and sum and difference are doubles: the relative error of Z_i is below m_c n 1e-16, less
// than the floats' own. The gradient with respect to s_uc is, with A_u = sum over the examples of u of w_i / Z_i,
//
//     m_c exp(s_uc) A_u, and at an example's own candidate   a_i exp(s_uc) w_i / Z_i - w_i
//
// The logit in the loss is made of the float that the exponential is taken of, so that a loss near 0 is the difference of equal numbers.
// log m_c goes into the bias with the log-q correction, and examples with the same query and candidate are merged beforehand.
//
// Against the whole catalogue (m_c = 1, no sampling) this is the full softmax: all examples of a user share one forward pass and one Z.
#include <math.h>
#include <string.h>

#include "common/math/keys.h"
#include "common/math/softmax.h"
#include "common/model/loss_row.h"

static const struct kind_arg args[] = {
    {"temperature", KIND_REAL, 1, 1e-6, 1e6, "scores are divided by it"},
    {"hard", KIND_COUNT, 0, 0, 1 << 24, "keep so many of the highest negatives of a row; 0: all"},
    {"power", KIND_REAL, 1, 0, 1, "a query's n examples in a batch weigh n^power together"},
    {0},
};

static const struct kind_arg full_args[] = {
    {"temperature", KIND_REAL, 1, 1e-6, 1e6, "scores are divided by it"},
    {"power", KIND_REAL, 1, 0, 1, "a query's n examples in a batch weigh n^power together"},
    {0},
};

// The a_i of the formula, times m_c if the positive is among the scores: it goes with its whole column's exponential.
static double positive_share(const struct loss_tiles *t, const struct loss_row *row, size_t k)
{
    if (!row->among[k])
        return 1;
    double times = (double)t->times[row->candidate[k]], removed = t->batch->remove_hits ? 1 - times : t->among ? 0 : 1;
    return removed / times;
}

// The largest logit of everything that is summed.
static float row_max(const struct loss_tiles *t, const struct loss_row *row)
{
    float max = softmax_max(row->scores, t->bias, t->columns);
    for (size_t k = 0; k < row->n; k++)
        if (!row->among[k])
            max = fmaxf(max, row->score[k] + t->minus_log_q[row->candidate[k]]);
    for (size_t j = 0; j < row->n_own; j++)
        max = fmaxf(max, row->own_score[j] + row->own_minus_log_q[j]);
    return max;
}

static void set_positive(const struct loss_tiles *t, struct loss_row *row, size_t k, double d)
{
    if (row->candidate[k] < t->shared)
        row->scores[row->candidate[k]] = (float)d;
    else
        row->d[k] = (float)d;
}

static double all_negatives(const struct loss_tiles *t, struct loss_row *row)
{
    double *exps = row->spare[0], *ratios = row->spare[1], total = 0, loss = 0, z = 0, log_z = 0;  // ratios: w / Z
    float max = row_max(t, row);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t c = row->candidate[k];
        exps[k] = row->among[k] ? (double)(row->score[k] + t->bias[c] - max) - t->log_times[c]
                                : (double)(row->score[k] + t->minus_log_q[c] - max);
    }
    double sum = softmax_exp(row->scores, t->bias, max, t->columns);
    for (size_t j = 0; j < row->n_own; j++)
        sum += (double)(row->d_own[j] = expf(row->own_score[j] + row->own_minus_log_q[j] - max));
    for (size_t k = 0; k < row->n; k++) {
        double logit = exps[k], before = z;
        exps[k] = row->among[k] ? (double)row->scores[row->candidate[k]] : exp(logit);
        z = sum + exps[k] * positive_share(t, row, k);
        log_z = z == before ? log_z : log(z);  // one Z for all against the whole catalogue
        ratios[k] = row->weight[k] / z;
        total += ratios[k];
        loss += row->weight[k] * (log_z - logit);
    }
    softmax_scale(row->scores, (float)total, t->columns);
    for (size_t j = 0; j < row->n_own; j++)
        row->d_own[j] *= (float)total;
    for (size_t k = 0; k < row->n; k++)
        set_positive(t, row, k, exps[k] * ((row->among[k] ? total : 0) + ratios[k] * positive_share(t, row, k)) - row->weight[k]);
    return loss;
}

// A float as a number that is larger when the float is, and back.
static uint64_t ordered(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static float ordered_back(uint64_t number)
{
    uint32_t bits = number >> 31 ? (uint32_t)number & 0x7fffffffu : ~(uint32_t)number;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// The negatives of positive k, each as often as it counts, as keys: the logit, and in the low bits the place, among the draws or, behind
// them, among the query's own. The earlier of equal logits is the higher key.
static size_t negative_keys(const struct loss_tiles *t, const struct loss_row *row, size_t k, uint64_t *keys)
{
    size_t n = 0, total = (size_t)t->total, left_out = (size_t)row_hits(t, row, k);
    for (size_t i = 0; i < total; i++) {
        uint32_t c = t->draws[i];
        if (c == row->candidate[k] && left_out > 0) {
            left_out--;
            continue;
        }
        if (row->scores[c] != -INFINITY)
            keys[n++] = ordered(row->scores[c] + t->minus_log_q[c]) << 32 | (UINT32_MAX - i);
    }
    for (size_t j = 0; j < row->n_own; j++)
        keys[n++] = ordered(row->own_score[j] + row->own_minus_log_q[j]) << 32 | (UINT32_MAX - (total + j));
    return n;
}

// Positive k against its hardest negatives, whose gradient is added to d and to d_own.
static double one_hard(const struct loss_tiles *t, struct loss_row *row, size_t k, size_t hard, float *d)
{
    size_t n = negative_keys(t, row, k, row->keys), total = (size_t)t->total;
    if (n > hard) {
        keys_keep(row->keys, n, hard);
        n = hard;
    }
    double logit = (double)(row->score[k] + t->minus_log_q[row->candidate[k]]), max = logit, weight = row->weight[k];
    for (size_t i = 0; i < n; i++)
        max = fmax(max, (double)ordered_back(row->keys[i] >> 32));
    double sum = exp(logit - max);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)ordered_back(row->keys[i] >> 32) - max);
    for (size_t i = 0; i < n; i++) {
        size_t place = UINT32_MAX - (uint32_t)row->keys[i];
        float add = (float)(weight * exp((double)ordered_back(row->keys[i] >> 32) - max) / sum);
        if (place < total)
            d[t->draws[place]] += add;
        else
            row->d_own[place - total] += add;
    }
    row->spare[0][k] = weight * (exp(logit - max) / sum - 1);
    return weight * (log(sum) + max - logit);
}

static double hard_negatives(const struct loss_tiles *t, struct loss_row *row, size_t hard)
{
    double loss = 0;
    memset(row->d_spare, 0, t->columns * sizeof *row->d_spare);
    for (size_t k = 0; k < row->n; k++)
        loss += one_hard(t, row, k, hard, row->d_spare);
    memcpy(row->scores, row->d_spare, t->columns * sizeof *row->scores);
    for (size_t k = 0; k < row->n; k++)
        row_add_positive(t, row, k, row->spare[0][k]);
    return loss;
}

static double run_row(const struct loss_tiles *t, struct loss_row *row)
{
    size_t hard = (size_t)loss_arg(t->loss, "hard", 0);
    return hard > 0 ? hard_negatives(t, row, hard) : all_negatives(t, row);
}

const struct loss_kind loss_softmax = {
    .name = "softmax", .help = "cross-entropy of an example's candidate against the negatives", .args = args, .negatives = "batch", .logq = true,
    .row = run_row,
};

const struct loss_kind loss_full_softmax = {
    .name = "full_softmax", .help = "the same against the whole catalogue", .args = full_args, .negatives = "all", .logq = true, .row = run_row,
};
