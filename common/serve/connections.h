// The open connections, and how long they may take: a thread of this module shuts those whose time is up.
//
//     struct connections *all = connections_new(30);
//     struct connection *c = connections_add(all, fd);
//     connection_began(all, c, strlen(uri));             // the first line of a request came,
//     connection_waits(all, c);                          // then all of it: now the client waits for us
//     connection_takes(all, c);                          // its answer is under way: now we wait for the client
//     connection_answered(all, c);                       // and was taken; it has the same time for its next request
//     connections_remove(all, c);
//
// A request that is late is told so, with 408. Every function may be called from any thread.
#ifndef SERVE_CONNECTIONS_H
#define SERVE_CONNECTIONS_H

#include <stddef.h>

struct connections *connections_new(size_t timeout_s) __attribute__((warn_unused_result));

//   fd  borrowed; it is shut down, never closed
struct connection *connections_add(struct connections *connections, int fd);
void connections_remove(struct connections *connections, struct connection *connection);
size_t connections_count(struct connections *connections);

void connection_began(struct connections *connections, struct connection *connection, size_t uri_bytes);
void connection_waits(struct connections *connections, struct connection *connection);
void connection_takes(struct connections *connections, struct connection *connection);
void connection_answered(struct connections *connections, struct connection *connection);

// Of its last request, for the thread that reads it.
size_t connection_uri_bytes(const struct connection *connection);

// Shuts no more of them, however long they take: when the server ends.
void connections_unwatch(struct connections *connections);

// When all were removed.
void connections_free(struct connections *connections);

#endif
