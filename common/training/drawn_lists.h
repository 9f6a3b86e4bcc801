// Lists: rows of one query each, drawn anew for every epoch, for losses that compare the rows of a list.
//
//     struct drawn_lists *lists = drawn_lists_new(queries, n, config->lists, config->list_rows, config->seed);
//     drawn_lists_draw(lists, epoch);
//     for (size_t i = 0; i < lists->n; i++)
//         ... lists->rows[lists->starts[i]] up to before lists->starts[i + 1] ...
//
// A query with fewer rows than a list has gives one list of them all; a query with one row gives none. A list has no row twice.
#ifndef TRAINING_DRAWN_LISTS_H
#define TRAINING_DRAWN_LISTS_H

#include <stddef.h>
#include <stdint.h>

struct drawn_lists {
    size_t n;                // lists of an epoch
    uint32_t *starts;        // (n + 1) where a list begins in `rows`
    uint32_t *rows;          // in the order in which lists are dealt
    size_t alone;            // queries with one row
    struct drawn_lists_work *work;
};

//   queries  (n) the query of each row; any numbers
struct drawn_lists *drawn_lists_new(const uint32_t *queries, size_t n, size_t a_query, size_t length, uint64_t seed);

void drawn_lists_draw(struct drawn_lists *lists, size_t epoch);

void drawn_lists_free(struct drawn_lists *lists);

#endif
