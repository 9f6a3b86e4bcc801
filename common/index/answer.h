// Recommendations as people and programs read them: candidates by their columns, and what the query took before.
//
//     struct answers *answers = answers_new(config, movies, ratings, "my.index");  // held tables; ratings NULL: no history
//     struct text key = {"42", 2};
//     struct answer answer = {.keys = &key, .n_keys = 1, .known = true, .row = 7, .hits = hits, .n_hits = 3};
//     answers_print(answers, &answer, ANSWER_TEXT, 5, stdout);
//
// A candidate's columns are, in this order: the text columns that its tower reads (a title), its key, its other text columns, its numbers.
// What the stages add (`count`, `feature/...`, `weight/...`) and vectors are not shown.
#ifndef INDEX_ANSWER_H
#define INDEX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/config/config.h"
#include "common/math/topk.h"
#include "common/stream/held.h"

enum answer_kind { ANSWER_QUERY, ANSWER_SIMILAR, ANSWER_LIKES };

// As aligned text; as an object of JSON a line; as a line of CSV (RFC 4180, lines end in LF) a recommendation, under a line of names.
enum answer_format { ANSWER_TEXT, ANSWER_JSON, ANSWER_CSV };

struct answer {
    enum answer_kind kind;
    const struct text *keys;       // (n_keys) what was asked for
    size_t n_keys;
    bool known;                    // a query that has a row,
    size_t row;                    //   and which
    const char *fallback;          // what a query that has none is answered by, "features" or "popularity"
    const struct topk_hit *hits;   // (n_hits) rows of the candidates that exist
    size_t n_hits;
};

// Borrows all; `source` names the stream in messages. Dies with exit code 3 if the candidates never came, an interaction refers to one that does
// not exist, or a column has another type.
struct answers *answers_new(const struct config *config, const struct held *candidates, const struct held *interactions,
                            const char *source);

// The columns of the candidates in the order of display: (*n), borrowed.
const size_t *answers_columns(const struct answers *answers, size_t *n);

// Prints the history (at most `history` interactions: the highest labels first, then the latest, then the later rows; CSV has none) and the
// hits. Errors of the file are the caller's. As JSON:
//     {"query": "42", "known": true, "history": [{"label": 5, "candidate": {"movie_title": "Babe (1995)", "movie_id": "8"}}],
//      "recommendations": [{"rank": 1, "score": 2.62108, "row": 3, "candidate": {...}}]}
// or {"similar": "8", "recommendations": ...} or {"likes": ["8", "9"], "recommendations": ...}. As CSV, the key of the candidate before its score:
//     query,rank,movie_id,score,movie_title,genres
//     42,1,318,2.62108,"Shawshank Redemption, The (1994)",Drama
// Keys of likes and items of lists are joined by bars there, a missing number is empty, and a column whose name is taken is called TABLE.NAME.
void answers_print(struct answers *answers, const struct answer *answer, enum answer_format format, size_t history, FILE *out);

void answers_free(struct answers *answers);

#endif
