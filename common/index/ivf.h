// The inverted file (index_ivf.c): what its parts share.
#ifndef INDEX_IVF_H
#define INDEX_IVF_H

#include "common/base/bulk.h"
#include "common/index/blocks.h"
#include "common/index/index.h"
#include "common/math/best.h"
#include "common/math/codes.h"

// How many leaves a search for k rows had to visit for this recall, on average over the sample.
struct ivf_point {
    uint32_t k, leaves;
    double recall;
};

struct ivf {
    float *floats;                  // building: (rows, width); else NULL
    struct bulk floats_bulk, codes_bulk;
    struct blocks vectors, scales;  // loaded: packed, by row
    struct blocks codes, code_scales, slot_rows;  // by group
    size_t n_leaves, n_groups;
    const uint32_t *first, *sizes;  // (n_leaves) first group and rows of each leaf
    const float *centres;           // (n_leaves, width)
    uint8_t *leaf_codes;            // of the centres: (n_leaves) in groups
    float *leaf_scales;
    const struct ivf_point *points; // by k, then by leaves, both rising
    size_t n_points;
    double recall;                  // asked for when it was built
};

// A search that visits so many leaves for every query, but for filters; 0: as many as the points say for `recall`.
void ivf_search(const struct index *index, size_t leaves, double recall, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                struct pool *pool, struct arena *scratch);

// Measures the points: by the queries (n, dim), against the exact answers among the floats.
void ivf_measure(struct index *index, const float *queries, size_t n, struct pool *pool);

// How many leaves to visit for this recall of k rows; 0: all do not have it, or it is 1.
size_t ivf_leaves(const struct ivf *ivf, double recall, size_t k);

// Chooses the leaves that a query visits (ivf_choose.c). Each thread has one.
struct ivf_chooser {
    const struct index *index;
    struct best best;
    const uint64_t *allowed;        // the filter that these are of, the last one's
    uint32_t *in_leaf;              // (n_leaves) allowed rows of each, as far as they are counted
    size_t n_allowed;
};

struct ivf_chooser ivf_chooser_new(const struct index *index, struct arena *scratch);

//   values  (n_leaves) of the centres
//   wanted  leaves, were rows allowed by chance; 1 at least
//   leaves  (n_leaves) out, the nearest first and the others in any order
// Returns how many; 0 where scoring every allowed row is less work.
size_t ivf_choose(struct ivf_chooser *chooser, const float *values, const struct topk_query *asked, size_t k, size_t wanted, uint32_t *leaves);

// How many rows a filter allows: counted unless it was the last one too.
size_t ivf_count_allowed(struct ivf_chooser *chooser, const uint64_t *allowed);

static inline const uint32_t *ivf_slot_row(const struct ivf *ivf, size_t slot)
{
    return (const uint32_t *)blocks_at(&ivf->slot_rows, slot / CODES_ROWS) + slot % CODES_ROWS;
}

#endif
