// What a server did, as Prometheus reads it, and its access log.
//
//     const char *const routes[] = {"predict", "metrics"};
//     struct monitor *monitor = monitor_new(routes, 2, "access.log");
//     monitor_request(monitor, &(struct monitor_request){.route = 0, .method = "POST", .path = path, .status = 200, .bytes = n, .seconds = s});
//     monitor_write(monitor, out);                       // the text of /metrics, but for what the server adds
//
// Every function may be called from any thread.
#ifndef SERVE_MONITOR_H
#define SERVE_MONITOR_H

#include <stddef.h>
#include <stdio.h>

#include "common/base/arena.h"

enum { MONITOR_ROUTES_MAX = 32 };

struct monitor_request {
    size_t route;                  // below n_routes
    const char *method, *path;
    int status;                    // 0: the client went away
    size_t bytes;                  // of the answer
    double seconds;                // from the first line to the end of the answer
};

//   routes  (n_routes) their names
//   log     a file to append to, "-" for the standard output, or NULL. Dies with exit code 1 if it cannot be opened
struct monitor *monitor_new(const char *const *routes, size_t n_routes, const char *log) __attribute__((warn_unused_result));

// One request was answered. In the log it is a line of JSON:
//     {"time": "2026-11-24T23:59:59.123Z", "method": "POST", "path": "/v1/models/movies:predict", "status": 200, "bytes": 213, "ms": 0.410}
void monitor_request(struct monitor *monitor, const struct monitor_request *request);

// A batch of requests with so many questions was answered together; so many fell back to features, to popularity.
void monitor_batch(struct monitor *monitor, size_t requests, size_t questions, size_t features, size_t popularity);

// One was refused because the queue was full.
void monitor_full(struct monitor *monitor);

void monitor_write(struct monitor *monitor, struct bytes *out);

// Appends a metric that has one value.
//   type  "counter" or "gauge"
void monitor_value(struct bytes *out, const char *name, const char *type, const char *help, size_t value);

// Opens the log again, which may have been renamed. A failure is a warning.
void monitor_reopen(struct monitor *monitor);

// Puts the log on the disk.
void monitor_flush(struct monitor *monitor);

#endif
