// Which leaves a query visits: those whose centres have the largest products with it, as many as the recall takes.
//
// Of a query with a filter leaves count by the allowed rows they have. Were rows allowed by chance, the best k of a share of the rows would lie where
// the best k / share of all rows do, so as many leaves are wanted as that list takes. But what is allowed may be crowded into a few leaves, and be
// far away: so a leaf that has its share of the allowed rows or more counts as one, one that has a part of its share as the square of that, and one
// that has none is passed over. Leaves that have nearly all of the allowed rows are enough, too.
#include <math.h>
#include <string.h>

#include "common/index/ivf.h"
#include "common/math/bits.h"
#include "common/math/codes.h"

enum { SCORING_COSTS = 100, LISTS = 2 };  // times as much as comparing codes; times the length of the list
static const double enough = 0.95, nearly_all = 0.99;  // of the leaves wanted; of the allowed rows
static const uint32_t unknown = UINT32_MAX;

struct ivf_chooser ivf_chooser_new(const struct index *index, struct arena *scratch)
{
    const struct ivf *ivf = index->state;
    struct ivf_chooser c = {.index = index};
    c.best.keys = arena_array(scratch, 2 * ivf->n_leaves + BEST_MORE, sizeof *c.best.keys);
    c.in_leaf = arena_array(scratch, ivf->n_leaves, sizeof *c.in_leaf);
    return c;
}

// Puts the `wanted` nearest leaves into the pool, in no order.
static void nearest(struct ivf_chooser *c, size_t wanted, const float *values)
{
    size_t n = ((const struct ivf *)c->index->state)->n_leaves;
    c->best.n = 0;
    c->best.floor = -INFINITY;
    best_select(&c->best, wanted, 2 * n, values, n, 0);
    best_cut(&c->best, wanted);
}

size_t ivf_count_allowed(struct ivf_chooser *c, const uint64_t *allowed)
{
    if (allowed == c->allowed)
        return c->n_allowed;
    c->allowed = allowed;
    c->n_allowed = bits_count(allowed, c->index->rows);
    memset(c->in_leaf, 0xff, ((const struct ivf *)c->index->state)->n_leaves * sizeof *c->in_leaf);
    return c->n_allowed;
}

static uint32_t count(const struct ivf_chooser *c, size_t leaf)
{
    const struct ivf *ivf = c->index->state;
    uint32_t n = 0;
    for (size_t group = ivf->first[leaf], left = ivf->sizes[leaf]; left > 0; group++) {
        const uint32_t *rows = blocks_at(&ivf->slot_rows, group);
        size_t these = left < CODES_ROWS ? left : CODES_ROWS;
        for (size_t i = 0; i < these; i++)
            n += rows[i] < c->index->rows && (c->allowed[rows[i] / 64] >> (rows[i] % 64) & 1) != 0;
        left -= these;
    }
    return n;
}

// Allowed rows of a leaf, counted when they are asked for the first time.
static uint32_t allowed_in(struct ivf_chooser *c, bool filtered, size_t leaf)
{
    if (!filtered)
        return ((const struct ivf *)c->index->state)->sizes[leaf];
    if (c->in_leaf[leaf] == unknown)
        c->in_leaf[leaf] = count(c, leaf);
    return c->in_leaf[leaf];
}

// What the leaves of the pool come to.
struct sum {
    double leaves, rows, allowed;
};

static struct sum sum_up(struct ivf_chooser *c, bool filtered)
{
    const struct ivf *ivf = c->index->state;
    double share = filtered ? (double)c->n_allowed / (double)c->index->rows : 1;
    struct sum sum = {0, 0, 0};
    for (size_t i = 0; i < c->best.n; i++) {
        size_t leaf = best_hit(c->best.keys[i]).row;
        double allowed = allowed_in(c, filtered, leaf), rows = ivf->sizes[leaf];
        sum.rows += rows;
        if (allowed == 0)
            continue;
        double part = fmin(allowed / (rows * share), 1);
        sum.leaves += part * part;
        sum.allowed += allowed;
    }
    return sum;
}

// The leaves of the pool that have allowed rows, the nearest first and the others as they are.
static size_t take_all(struct ivf_chooser *c, bool filtered, uint32_t *leaves)
{
    size_t n = 0, high = 0;
    for (size_t i = 0; i < c->best.n; i++) {
        uint32_t leaf = best_hit(c->best.keys[i]).row;
        if (allowed_in(c, filtered, leaf) == 0)
            continue;
        if (n == 0 || c->best.keys[i] > c->best.keys[high]) {
            leaves[n] = leaves[0];
            leaves[0] = leaf;
            high = i;
        } else {
            leaves[n] = leaf;
        }
        n++;
    }
    return n;
}

size_t ivf_choose(struct ivf_chooser *c, const float *values, const struct topk_query *asked, size_t k, size_t wanted, uint32_t *leaves)
{
    size_t n_leaves = ((const struct ivf *)c->index->state)->n_leaves;
    double list = (double)(LISTS * (k + asked->n_apart));
    bool filtered = asked->allowed != NULL;
    double all = filtered ? SCORING_COSTS * (double)ivf_count_allowed(c, asked->allowed) : INFINITY;
    if (all <= (double)c->index->rows * (double)wanted / (double)n_leaves)
        return 0;
    for (size_t n = wanted;;) {
        nearest(c, n, values);
        struct sum sum = sum_up(c, filtered);
        if (all <= sum.rows)
            return 0;
        bool seen = sum.leaves >= enough * (double)wanted || (filtered && sum.allowed >= nearly_all * (double)c->n_allowed);
        if (n == n_leaves || (sum.allowed >= list && seen))
            return take_all(c, filtered, leaves);
        double more = fmax((double)wanted / (sum.leaves + 1), list / (sum.allowed + 1));
        more = (double)n * fmin(fmax(more, 1.1), 4) + 1;
        n = more < (double)n_leaves ? (size_t)more : n_leaves;
    }
}
