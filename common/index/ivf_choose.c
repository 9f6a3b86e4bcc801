// Which leaves a query visits: those whose centres have the largest products with it, as many as the recall takes, but at least until it sees twice
// as many rows as its list has. Of a query with a filter only allowed rows count as seen, so the fewer there are the more leaves it visits; and as what a
// filter leaves may all lie far away, it sees more of them than a query without would see rows.
#include <math.h>
#include <string.h>

#include "common/index/ivf.h"
#include "common/math/codes.h"
#include "common/math/keys.h"

enum { SCORING_COSTS = 150, LISTS = 2 };  // times as much as comparing codes; times the length of the list

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

void ivf_count_allowed(struct ivf_chooser *c, const uint64_t *allowed)
{
    const struct ivf *ivf = c->index->state;
    if (allowed == c->allowed)
        return;
    c->allowed = allowed;
    c->n_allowed = 0;
    for (size_t l = 0; l < ivf->n_leaves; l++) {
        uint32_t n = 0;
        for (size_t i = 0; i < ivf->sizes[l]; i++) {
            uint32_t row = *ivf_slot_row(ivf, (size_t)ivf->first[l] * CODES_ROWS + i);
            n += row < c->index->rows && (allowed[row / 64] >> (row % 64) & 1) != 0;
        }
        c->in_leaf[l] = n;
        c->n_allowed += n;
    }
}

// All leaves of the pool, the nearest first and the others as they are.
static size_t take_all(const struct best *best, uint32_t *leaves)
{
    size_t high = 0;
    for (size_t i = 0; i < best->n; i++) {
        leaves[i] = best_hit(best->keys[i]).row;
        high = best->keys[i] > best->keys[high] ? i : high;
    }
    uint32_t first = leaves[0];
    leaves[0] = leaves[high];
    leaves[high] = first;
    return best->n;
}

size_t ivf_choose(struct ivf_chooser *c, const float *values, const struct topk_query *asked, size_t k, size_t wanted, uint32_t *leaves)
{
    const struct ivf *ivf = c->index->state;
    const uint32_t *in_leaf = ivf->sizes;
    size_t in_leaves = 0, in_list = LISTS * (k + asked->n_apart), at_least = wanted;
    nearest(c, wanted, values);
    for (size_t i = 0; i < c->best.n; i++)
        in_leaves += ivf->sizes[best_hit(c->best.keys[i]).row];
    if (asked->allowed == NULL && in_leaves >= in_list && c->best.n > 0)
        return take_all(&c->best, leaves);
    double enough = (double)in_leaves;
    if (asked->allowed != NULL) {
        ivf_count_allowed(c, asked->allowed);
        in_leaf = c->in_leaf;
        double share = ((double)c->n_allowed + 1) / (double)c->index->rows;
        enough *= 1 - log2(share) / 4;
        if (SCORING_COSTS * (double)c->n_allowed <= fmin(enough / share, (double)c->index->rows))
            return 0;
        // About so many leaves have as many.
        double guess = (double)wanted * enough / ((double)in_leaves * share + 1);
        wanted = guess < (double)ivf->n_leaves ? (size_t)guess + 1 : ivf->n_leaves;
        wanted = wanted > at_least ? wanted : at_least;
        nearest(c, wanted, values);
    }
    enough = enough > (double)in_list ? enough : (double)in_list;
    for (;;) {
        double seen = 0;
        size_t n = 0;
        keys_sort(c->best.keys, c->best.n);
        for (; n < c->best.n && (seen < enough || n < at_least); n++) {
            leaves[n] = best_hit(c->best.keys[n]).row;
            seen += in_leaf[leaves[n]];
        }
        if (seen >= enough || wanted == ivf->n_leaves)
            return n;
        wanted = wanted < ivf->n_leaves / 2 ? 2 * wanted : ivf->n_leaves;
        nearest(c, wanted, values);
    }
}
