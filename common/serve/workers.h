// The threads that answer what takes a search: they take requests from the queue in batches.
//
//     struct workers *workers = workers_new((struct batcher_options){.threads = 2, .batch = 64, .wait_us = 500, .queue = 1024}, monitor);
//     workers_ask(workers, request, model, &format_tfs_predict);     // answered by and by
//     workers_stop(workers);                                         // what waits is answered first
#ifndef SERVE_WORKERS_H
#define SERVE_WORKERS_H

#include "common/serve/batcher.h"
#include "common/serve/monitor.h"
#include "common/serve/ticket.h"

//   options  without run and context
//   monitor  counts batches; borrowed
struct workers *workers_new(struct batcher_options options, struct monitor *monitor) __attribute__((warn_unused_result));

// Queues a request; one that finds the queue full is refused with 429.
//   model  held by the caller, released when the request is answered
void workers_ask(struct workers *workers, struct http_request *request, struct loaded *model, const struct format *format);

size_t workers_waiting(const struct workers *workers);
void workers_stop(struct workers *workers);

#endif
