// A request under way, from its route to its answer, and the formats in which requests come.
#ifndef SERVE_TICKET_H
#define SERVE_TICKET_H

#include "common/serve/http.h"
#include "common/serve/question.h"

enum { TICKET_QUESTIONS_MAX = 1024, TICKET_HITS_MAX = 1 << 20 };

struct ticket {
    struct http_request *request;
    const struct format *format;
    struct loaded *model;
    json_t *json;                      // the body, if it is one; freed with the ticket
    struct question *questions;        // (n)
    size_t n;
    void *state;                       // of the format, in the arena
    struct ticket *next;
};

struct format {
    const char *type;                  // of the answer

    // Makes the questions; dies with exit code 2 where the client is wrong. Allocates from the arena and from ticket->json alone.
    void (*parse)(struct ticket *ticket, struct recommender *r, struct arena *arena);
    // Appends the answer.
    void (*write)(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena);
};

extern const struct format format_tfs_predict, format_v2_infer, format_api_recommend, format_api_search;

// The body as JSON of any kind, in ticket->json. Dies with exit code 2 if it is none.
void ticket_json(struct ticket *ticket);

// Makes questions of the JSON values (n), and checks their number.
void ticket_questions(struct ticket *ticket, struct recommender *r, json_t *const *values, size_t n, const struct rules *rules, struct arena *arena);

// Answers a request with {"error": message}.
//   more  a header, or NULL
void ticket_refuse(struct http_request *request, int status, const char *message, const char *more);

// Appends a text as JSON.
void json_put_text(struct bytes *out, const char *text);

// Appends a candidate: "key": "318", "row": 3, "columns": {"movie_title": "...", ...}
void json_put_candidate(struct bytes *out, const struct loaded *model, struct recommender *r, uint32_t row);

#endif
