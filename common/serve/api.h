// What the page for people asks: JSON of our own.
//
//     GET /api/models
//         {"models": [{"name": "movies", "version": 3, "candidates": 10506, "queries": 16554}, ...]}     a name once: its newest version
//
//     GET /api/models/NAME/info
//         {"name": "movies", "version": 3, "query": "user_id", "candidate": "movie_id",      columns of keys
//          "title": "movie_title",                       the column that names a candidate for people; the key's if there is no other
//          "columns": [{"name": "genres", "type": "list", "operators": ["has"], "values": ["Action", ...]}, ...],
//          "features": ["timestamp"],                    other columns that the model reads of a query
//          "heads": ["rating"],                          for rerank
//          "label": "rating",                            of the history, or null
//          "counts": {"candidates": 10506, "queries": 16554, "interactions": 90000},
//          "index": {"kind": "flat", "metric": "inner", "dim": 32},
//          "file": "movies.index", "loaded": "2026-11-24T23:00:00Z"}
//         `columns` are those that are shown, in that order, and may stand in a filter: type "text" (= !=), "number" (< <= = != >= >), "list"
//         (has). `values` only of a list or text column that has at most 50 different ones, the most frequent first.
//
//     GET /api/models/NAME/search?side=query|candidate&q=TEXT&n=10
//         {"results": [{"key": "42", "row": 7, "count": 31, "columns": {...}}, ...]}
//         Keys and, of candidates, text columns that have TEXT in them, without regard to (ASCII) case: whole ones first, then beginnings, then
//         words that begin so; among them those with most interactions (`count`). Without a TEXT, those with most. Queries have no `columns`.
//
//     POST /api/models/NAME/recommend
//         {"query": "42"} or {"likes": ["8", "50"]} or {"similar": "8"}    with, if wanted:
//         {"k": 10, "filter": "genres has Comedy", "exclude_seen": true, "mmr": 0.7, "rerank": "rating", "history": 20, "features": {"timestamp": 1}}
//         and every other rule of question.h. Answer:
//         {"known": true,                                false for a query that is not known; true for likes and similar
//          "fallback": null,                             or "features" or "popularity": how an unknown query was answered
//          "history": [{"key": "8", "row": 3, "columns": {...}, "label": 9}, ...],   what it took: the highest labels first, then the latest
//          "history_count": 31,                          of how many
//          "recommendations": [{"key": "318", "row": 5, "columns": {...}, "score": 2.62,
//                               "why": [{"key": "8", "row": 3, "columns": {...}, "similarity": 0.91}]}, ...],
//          "ms": 0.8}                                    from the request's first line
//         `why` are the nearest of the history, or of the likes: at most 2, by the cosine of the vectors, only above 0. None for similar.
//
// `columns` are those of `info`, by name. An error is {"error": "..."} with the status 400 (the client's), 401 (a token is wanted), 404, 405,
// 413, 429 (too busy) or 500. A model's version may be chosen by NAME/versions/N in place of NAME.
#ifndef SERVE_API_H
#define SERVE_API_H

#include "common/serve/ticket.h"

// The answers that need no search.
void api_models(struct service *service, struct bytes *out);
void api_info(const struct loaded *model, struct bytes *out);

#endif
