// What a request asks: for whom, and under which rules; and the answer. The formats of requests (tfs.h, v2.h, api.h) become questions,
// and answers go back through them.
//
//     struct question question;
//     question_parse(model, r, json, &rules, &question, &arena);     // dies where a client is wrong: within a guard (base/die.h)
//     questions_answer(model, r, &question, 1, &arena);
//     for (size_t i = 0; i < question.list.n_hits; i++) question.list.hits[i].row ...
//
// Someone is asked for by a key alone, or by an object of JSON:
//
//     "42"                                                    the query 42; a whole number is its digits
//     {"user_id": "42", "timestamp": 881250949, "k": 5}       columns that towers of queries read: in place of what is known, or for an unknown one
//     {"similar_to": "Alien (1979)"}                          candidates like a candidate, by key or another text that only it has
//     {"likes": ["8", "50"]}                                  somebody who likes these, or took them in this order
//
// and the rules are members beside them, or of the whole request:
//
//     k                 how many, 10
//     exclude_seen      true: without what the query has seen
//     exclude, only     lists of candidates' keys; those that are of none count for nothing
//     filter            a condition on columns (index/filter.h)
//     rerank            a head of the model, to order the best of the search by
//     mmr               0 to 1: diverse lists, by this weight of relevance
//     rerank_n          candidates of the search that rerank and mmr choose from, 100
//
// A query that is not known is answered by the features given or, without any, by popularity.
#ifndef SERVE_QUESTION_H
#define SERVE_QUESTION_H

#include <jansson.h>

#include "common/base/args.h"
#include "common/recommend/lists.h"
#include "common/serve/service.h"

enum { QUESTION_K_MAX = 10000, QUESTION_KEYS_MAX = 100000, QUESTION_FILTER_BYTES_MAX = 4096, QUESTION_POOL_MAX = 10000 };

struct rules {
    size_t k, pool;
    bool exclude_seen;
    const json_t *exclude, *only;      // arrays, or NULL
    const char *filter, *rerank;       // or NULL
    double mmr;                        // 1: none
};

enum question_kind { QUESTION_QUERY, QUESTION_SIMILAR, QUESTION_LIKES };
enum fallback { FALLBACK_NONE, FALLBACK_FEATURES, FALLBACK_POPULARITY };

struct question {
    enum question_kind kind;
    const char *key;                   // of a query; "" if only features were given
    uint32_t row;                      // of the query, or of the candidate to be like; UINT32_MAX: not known
    const uint32_t *likes;             // (n_likes) rows of candidates
    size_t n_likes;
    struct arg_list given, with;       // COLUMN=VALUE of the table of queries, of the interactions
    struct rules rules;
    const uint64_t *allowed;           // by the rules; NULL: all
    const struct config_head *head;
    // The answer.
    enum fallback fallback;
    struct topk_query list;
};

extern const struct rules rules_default;

// Takes the member if it is a rule. Dies with exit code 2 if its value is none for it.
bool rules_take(struct rules *rules, const char *name, const json_t *value);

//   json   borrowed for as long as the question
//   rules  of the whole request
// Dies with exit code 2, and allocates from the arena alone.
void question_parse(const struct loaded *model, struct recommender *r, const json_t *json, const struct rules *rules, struct question *question,
                    struct arena *arena);

// Fills in the answers. Those that ask alike are searched for together. Dies with exit code 3 if a value given is not what a feature is made from.
void questions_answer(const struct loaded *model, struct recommender *r, struct question *const *questions, size_t n, struct arena *arena);

// "features", "popularity" or NULL.
const char *fallback_name(enum fallback fallback);

#endif
