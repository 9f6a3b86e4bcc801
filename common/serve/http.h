// HTTP/1.1 by libmicrohttpd: connections, limits and time; what the requests mean is the caller's.
//
//     struct http *http = http_new(&options);
//     http_start(http);
//     ...                                                    // options.handle is called for every whole request, on a thread of the server
//     http_stop(http);                                       // no new connections; what is under way is answered first
//
//     static void handle(void *context, struct http_request *request)
//     {
//         http_answer(request, 200, "text/plain", NULL);     // at once, with what is in request->out
//     }                                                      // or http_answer later, from any thread: the connection waits
//
// A connection has `timeout_s` seconds from its beginning, or its last answer, to bring a whole request, however slowly its bytes come; then it
// gets 408 and is closed. A body above `body_bytes` gets 413 before it is read, one for which there is no room among the others 503; a first line
// above `head_bytes` gets 414, with its headers 431. Past twice as long, and for what is no HTTP, libmicrohttpd answers itself, in HTML.
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

struct http_request {
    const char *method, *path;         // the path without percent signs; borrowed
    const char *body;
    size_t body_bytes;
    double began_s;                    // clock_seconds() when its first line was read
    struct bytes out;                  // the body of the answer; given away by http_answer
    void *handler;                     // the caller's
    struct http_state *state;          // this module's
};

struct http_options {
    const char *listen;                // HOST:PORT or [HOST]:PORT; port 0: a free one
    size_t threads;                    // that read requests and write answers
    size_t connections, body_bytes, head_bytes;
    size_t bodies_bytes;               // of all bodies at once; past it 503
    size_t timeout_s;
    void (*handle)(void *context, struct http_request *request);
    void (*answered)(void *context, const struct http_request *request, int status, size_t bytes);  // for logs; NULL: nobody wants to know
    void *context;
};

// Dies with exit code 1 if it cannot listen there, with 2 if `listen` is no address.
struct http *http_new(const struct http_options *options) __attribute__((warn_unused_result));

// Begins to answer; what `handle` reads must be there. Dies with exit code 1 if it cannot.
void http_start(struct http *http);

// The address it listens on, such as 127.0.0.1:8501; borrowed.
const char *http_address(const struct http *http);

// A parameter of the query string, decoded; NULL if there is none. A header; NULL if there is none. Borrowed from the request.
const char *http_parameter(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);

// Answers with request->out. The request is no longer the caller's.
//   type  such as "application/json"; a constant
//   more  more headers, such as "Retry-After: 1", one a line, or NULL; a constant
void http_answer(struct http_request *request, int status, const char *type, const char *more);

// Connections open at the moment.
size_t http_connections(const struct http *http);

void http_stop(struct http *http);

#endif
