// An index asked by vectors from a file, without a model: for benchmarks, and for vectors made elsewhere.
//
//     probe(&(struct probe){.indexes = &files, .vectors = "queries.npy", .k = 10, .pool = pool}, stdout);
//
// Prints CSV, a line a hit: query, from 0; rank, from 1; the candidate's key, or its row if it has none; score. With `truth` one line instead: the
// recall, and queries a second. Rows of several indexes are numbered one index after the other.
#ifndef INDEX_PROBE_H
#define INDEX_PROBE_H

#include <stdio.h>

#include "common/base/args.h"
#include "common/base/pool.h"

struct probe {
    const struct arg_list *indexes;  // files, mapped
    const char *name;          // the index in each, NULL: the only one
    const char *vectors;       // text/vectors.h
    const char *truth;         // text/ivecs.h, the nearest first; NULL: print the hits
    size_t k;
    double recall;             // as of struct index
    struct pool *pool;
};

// Returns the number of queries.
size_t probe(const struct probe *probe, FILE *out);

#endif
