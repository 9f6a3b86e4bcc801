// Recommendations as people and programs read them: candidates by their text columns, and what the query took before.
//
//     struct answers *answers = answers_new(config, movies, ratings, "my.index");  // held tables; ratings NULL: no history
//     struct answer answer = {.query = {"42", 2}, .known = true, .row = 7, .hits = hits, .n_hits = 3};
//     grid_print(answers_grid(answers, &answer, 5), stdout);
//     answers_json(answers, &answer, 5, &bytes);
//
// A candidate's columns are, in this order: the text columns that its tower reads (a title), its key, then its other text columns.
#ifndef INDEX_ANSWER_H
#define INDEX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/grid.h"
#include "common/config/config.h"
#include "common/math/topk.h"
#include "common/stream/held.h"

struct answer {
    struct text query;             // as asked
    bool known;                    // it has a row
    size_t row;
    const struct topk_hit *hits;   // (n_hits) rows of the candidates that exist
    size_t n_hits;
};

// Borrows all; `source` names the stream in messages. Dies with exit code 3 if the candidates never came, an interaction refers to one that does not exist, or a column has
// another type.
struct answers *answers_new(const struct config *config, const struct held *candidates, const struct held *interactions,
                            const char *source);

// The history (at most `history` interactions: the highest labels first, then the latest, then the later rows) and the hits; to be
// printed by grid_print.
struct grid *answers_grid(struct answers *answers, const struct answer *answer, size_t history);

// The same as one JSON object on one line, appended to `out`:
//     {"query": "42", "known": true, "history": [{"label": 5, "candidate": {"movie_title": "Babe (1995)", "movie_id": "8"}}],
//      "recommendations": [{"place": 1, "score": 2.62108, "row": 3, "candidate": {...}}]}
void answers_json(struct answers *answers, const struct answer *answer, size_t history, struct bytes *out);

void answers_free(struct answers *answers);

#endif
