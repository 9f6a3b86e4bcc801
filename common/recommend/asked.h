// Questions that are typed, or put for everyone, and their answers printed: what to recommend to a query, what is like a candidate, what
// goes with candidates that somebody likes.
//
//     struct asked asked = {.r = r, .plan = plan, .answers = answers, .format = ANSWER_JSON, .out = stdout};
//     asked_queries(&asked, &keys);
#ifndef RECOMMEND_ASKED_H
#define RECOMMEND_ASKED_H

#include <stdio.h>

#include "common/base/args.h"
#include "common/index/answer.h"
#include "common/recommend/lists.h"

struct asked {
    struct recommender *r;           // with the tables of typed queries
    struct lists_plan plan;
    struct answers *answers;
    enum answer_format format;
    size_t history;
    struct arg_list with;            // COLUMN=VALUE, see model/typed.h
    FILE *out;                       // its errors are the caller's
};

// Each returns how many answers it printed.

// Queries by key. One that is not known is answered by the columns that `with` gives, if the towers take unknown ones, else by popularity, with a
// warning.
size_t asked_queries(struct asked *asked, const struct arg_list *keys);

// Every row of the table of queries, in order.
size_t asked_everyone(struct asked *asked);

// Candidates like each of these, by the cosine of their vectors (index/similar.h).
size_t asked_similar(struct asked *asked, const struct arg_list *keys);

// One answer for all of these together, without them: for who is known by that alone (liked.h), in this order.
size_t asked_likes(struct asked *asked, const struct arg_list *keys);

#endif
