// Requests find their models and formats, workers answer them.
//
//     struct server *server = server_start(&options);
//     ... service_load(options.service, ...) ...
//     server_stop(server);                        // what was begun is answered first
//
// Routes: see server.c. Anything that dies while a request is answered is that request's error and nobody else's.
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "common/serve/http.h"
#include "common/serve/keeper.h"
#include "common/serve/service.h"

struct server_options {
    struct http_options http;                  // handle, answered and context are set by the server
    struct service *service;                   // made for `threads` workers
    size_t threads, batch, wait_us, queue;
    const char *token;                         // wanted as "Authorization: Bearer TOKEN" of all but the page and health; NULL: none is
    const char *log;                           // see monitor.h
    const struct keeper *keeper;               // for metrics
};

struct server *server_start(const struct server_options *options) __attribute__((warn_unused_result));
const char *server_address(const struct server *server);

// Puts the log on the disk; `reopen`: opens it again, which may have been renamed.
void server_log(struct server *server, bool reopen);
void server_stop(struct server *server);

#endif
