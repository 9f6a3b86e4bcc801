// All that recommending takes, from a stream: an index, the model of its queries, what they have seen, and the tables behind typed keys.
//
//     struct recommender *r = recommender_new(config_from_stream(in), &(struct recommender_needs){.typed = true}, threads);
//     while (reader_next(in, &frame))
//         if (!recommender_takes_model(r, &frame, mapped)) recommender_takes_data(r, &frame, mapped);
//     recommender_ready(r, reader_name(in), reader_name(in));
//     recommender_vectors(r, held_select(r->queries, rows, n), NULL, rows, vectors);     // then lists.h
//
// The model and the index may come from one stream, and queries and what they have seen from another. Or they come from several files, shards of
// one index (shards.h), by recommender_map. What is shown after the last is of a stream that has the queries and the rest.
#ifndef RECOMMEND_RECOMMENDER_H
#define RECOMMEND_RECOMMENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/args.h"
#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/index/index.h"
#include "common/model/model.h"
#include "common/model/predictor.h"
#include "common/recommend/origin.h"
#include "common/recommend/shards.h"
#include "common/stream/held.h"

// Tables that are held only if they are wanted.
struct recommender_needs {
    const char *index_name;              // NULL: the only one
    bool candidates;                     // the table of candidates
    bool typed;                          // that, and what the features of typed queries are made from
    bool heads;                          // what heads read, to re-rank by them (lists.h)
    bool interactions;                   // always with `typed`, where a tower of queries is contextual
    size_t shards;                       // files with an index each, if there are several; else 0
};

struct recommender {
    const struct config *config;
    struct recommender_needs needs;
    const char *model_from, *data_from;  // names of the streams, for messages
    const struct config_tower *tower;    // of the queries
    size_t heads;                        // vectors in a query's
    struct pool *pool;
    struct model *model;
    struct predictor *predictor;         // NULL unless heads are wanted
    struct config_tower *asks;           // all that towers of queries read of a typed one: `tower`, and those of heads
    bool asks_context;                   // some of that comes from the interactions
    struct index *index;
    struct shards *shards;               // NULL unless there are several,
    bool asked;                          //   and then: one that ended had queries
    struct held *queries, *seen, *candidates, *interactions;
    struct held **features;              // (config->n_features) their tables, vocab/F and the like
    struct held **states;                // (asks->n_inputs) those of its inputs, once it is known
    struct feature **inputs;             // (asks->n_inputs) see recommender_inputs
    bool contextual;                     // some tower of queries is
};

struct recommender *recommender_new(const struct config *config, const struct recommender_needs *needs, size_t threads)
    __attribute__((warn_unused_result));

// One from these files, mapped: the model of the first, the index or, of several, all of them, and with `all` everything else.
//   origin  looks at them too (origin.h), or NULL
struct recommender *recommender_map(const struct arg_list *paths, const struct recommender_needs *needs, bool all, struct origin *origin,
                                    size_t threads)
    __attribute__((warn_unused_result));

// Takes a frame of the index or the model, or an optimiser's state, which nobody needs. False, and nothing done, for any other. `lasts`: see
// held.h. recommender_is_model only says whether it is one, for streams whose model is passed over.
bool recommender_takes_model(struct recommender *r, const struct frame *frame, bool lasts);
bool recommender_is_model(const struct frame *frame);

// Keeps the frame if it is of a table that is wanted.
void recommender_takes_data(struct recommender *r, const struct frame *frame, bool lasts);

// Checks that all came and fits; dies with exit code 3.
void recommender_ready(struct recommender *r, const char *model_from, const char *data_from);

// The head of that name; dies with exit code 2 if no task learns it.
//   option  for that message
const struct config_head *recommender_head(const struct recommender *r, const char *option, const char *name, struct arena *arena);

// The columns of the interactions that towers of queries read, (*n), borrowed.
const char **recommender_context(struct recommender *r, size_t *n);

// What encodes a typed query (model/typed.h), loaded at the first call; needs `typed`.
struct feature *const *recommender_inputs(struct recommender *r);

// The column of keys in the table of candidates.
const char *recommender_key(const struct recommender *r);

// What a query has seen, (n) rising, where it lies or in the arena; dies with exit code 3 if it is not or is out of range.
const uint32_t *recommender_seen(const struct recommender *r, size_t query, size_t *n, struct arena *arena);

// The vectors of queries; dies with exit code 3 if one is not finite.
//   rows     as the tower wants them
//   context  beside them, if the tower reads columns of the interactions, else NULL
//   numbers  (rows->rows) of the queries, for messages
//   out      (rows->rows, heads * index->dim)
void recommender_vectors(struct recommender *r, const struct frame *rows, const struct frame *context, const uint32_t *numbers, float *out);

void recommender_free(struct recommender *r);

#endif
