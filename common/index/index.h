// Indexes: structures that answer "which rows have the largest inner product with this vector", saved in a stream.
//
// Building (stage index), one frame of vectors after the other:
//
//     struct index *index = index_new("candidate", index_kind("flat"), "movies", dim);
//     index_put(index, vectors, rows, "films.npy", out);
//     index_end(index, out);                          // the row of the table `index`
//
// Searching (stage rank):
//
//     struct index *index = index_load(NULL);         // or a name, if a stream may have several
//     while (reader_next(in, &frame)) if (index_takes(index, &frame, mapped)) continue;
//     index_ready(index, reader_name(in));            // dies unless it is whole
//     index_check(index, reader_name(in));            // or has a number that is not finite: reads all of it
//     index_search(index, 1, vectors, queries, n, k, pool, &scratch);
//
// A kind of index is a struct of functions and one row of `index_kinds`.
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/pool.h"
#include "common/math/topk.h"
#include "common/stream/frame.h"
#include "common/stream/held.h"
#include "common/stream/writer.h"

enum index_metric { INDEX_INNER, INDEX_COSINE, INDEX_L2 };  // see metric.h

struct index {
    const char *name;                // the tables are index/NAME and index/NAME/...
    const char *table;               // whose rows were indexed
    const struct index_kind *kind;
    enum index_metric metric;
    size_t dim, rows;
    size_t width;                    // numbers of a vector as the kind sees it: dim, or more (metric.h)
    float weight;                    // of l2
    const uint64_t *live;            // a bit a row (math/topk.h), without it is taken out of the index, and in no list; NULL: all are in it
    void *state;                     // of the kind
    struct arena arena;
    const char *wanted;              // loading: the name asked for, or NULL
    struct held *header;             // loading: the table `index`
    struct held **tables;            // loading: (n_tables) those that begin with index/
    size_t n_tables, tables_capacity;

    // Of kinds that are not exact; may be set before index_end, and before index_search.
    double recall;                   // wanted; 0: searching, what was wanted when it was built
    size_t leaves;                   // searching: how many to visit, whatever the recall; 0: as many as it takes
    uint64_t seed;                   // building
    size_t memory_bytes;             // building: for vectors; more go to a temporary file; 0: no limit
    struct pool *pool;               // building; NULL: one thread
    const float *queries;            // building: (n_queries, dim) such as it will be asked, to measure recall; none: rows
    size_t n_queries;
    const struct index *like;        // building: an index of the same kind and about the same rows, whose structure will do; or NULL
};

struct index_kind {
    const char *name, *meaning;

    // Adds vectors (rows, width), all finite; index->rows is the number of those before them.
    void (*put)(struct index *index, const float *vectors, size_t rows, struct writer *out);
    // Writes what is left when all have come. NULL if there is nothing.
    void (*end)(struct index *index, struct writer *out);
    // Makes the loaded tables searchable; dies with exit code 3 if they are not what put and end wrote. NULL: never loaded.
    void (*open)(struct index *index, const char *source);
    // As topk_search (math/topk.h), by metric_scoring (metric.h): exactly or nearly. Scores are those of the vectors that it has either way. The
    // `allowed` rows of a query are what filters leave (filter.h): they hold exactly, and of however few rows they leave, a list is as long as it
    // can be.
    void (*search)(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                   struct pool *pool, struct arena *scratch);
    // Looks at all that opening leaves out; dies as `open` does. NULL: index_check does it all.
    void (*check)(const struct index *index, const char *source);
    // The vector of a row, or the nearest to it that the index has.
    void (*vector)(const struct index *index, size_t row, float *out);
};

extern const struct index_kind *const index_kinds[];  // ends in NULL
extern const struct index_kind index_auto, index_flat, index_ivf;

// The kind of that name, or NULL. index_kinds_print lists them, for --help.
const struct index_kind *index_kind(const char *name);
void index_kinds_print(void);

// Whether a table of a stream is index/NAME or index/NAME/...
bool index_owns(const char *name, const char *table);

struct index *index_new(const char *name, const struct index_kind *kind, const char *table, size_t dim);
void index_set_metric(struct index *index, enum index_metric metric);  // before the first index_put; inner unless set

// Refuses vectors that are not finite (exit code 3); `place` is for that message, NULL if there is none.
void index_put(struct index *index, const float *vectors, size_t rows, const char *place, struct writer *out);
void index_end(struct index *index, struct writer *out);

// What index_end does last: the rows that are taken out, if any, and the row of the table `index`.
void index_put_row(struct index *index, struct writer *out);

struct index *index_load(const char *name);

// Takes a frame of the table `index` or index/...; false, and nothing done, for any other. `lasts`: see stream/held.h.
bool index_takes(struct index *index, const struct frame *frame, bool lasts);
void index_ready(struct index *index, const char *source);

// Reads every vector of the loaded index: dies with exit code 3 if one has a number that is not finite, which index_put refuses, so that such
// a file was made by another program or is damaged. Opening a mapped file leaves this out, as it leaves out the checksum.
void index_check(const struct index *index, const char *source);

// The loaded table index/NAME or, with a part, index/NAME/PART; NULL if it did not come.
const struct held *index_table(const struct index *index, const char *part);

// heads  vectors side by side in a query's; the score of a row is that of the best
void index_search(const struct index *index, size_t heads, const float *vectors, struct topk_query *queries, size_t n, size_t k,
                  struct pool *pool, struct arena *scratch);

// Whether a row is in the index, not taken out of it.
static inline bool index_has(const struct index *index, size_t row)
{
    return index->live == NULL || (index->live[row / 64] >> row % 64 & 1) != 0;
}

// Leaves the rows that are taken out of the index out of what queries may have: a copy of them, or NULL if all rows are in it. For index_search
// and similar.h.
struct topk_query *index_without_gone(const struct index *index, const struct topk_query *queries, size_t n, struct arena *scratch);

// The vector of a row, (dim) floats: divided by its length if the metric is cosine. For similar.h and mmr.h.
void index_vector(const struct index *index, size_t row, float *out);

// An exact index over vectors (rows, dim) in memory, borrowed, to be searched at once.
struct index *index_flat_over(const float *vectors, size_t rows, size_t dim);

// Several indexes, open and borrowed, as one that is searched: rows of one behind those of the one before it. Dies with exit code 3 if they have not
// the same name, table, metric and numbers a vector.
//   sources  (n) their streams, for messages; both arrays are borrowed
struct index *index_shards(struct index *const *indexes, const char *const *sources, size_t n);

void index_free(struct index *index);

#endif
