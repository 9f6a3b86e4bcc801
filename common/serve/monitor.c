#define _POSIX_C_SOURCE 200809L
#include "common/serve/monitor.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/die.h"
#include "common/stream/lines.h"

// Upper ends of the buckets of latency.
static const double ends_s[] = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5};
static const size_t ends_batch[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

enum { ENDS_S = sizeof ends_s / sizeof *ends_s, ENDS_BATCH = sizeof ends_batch / sizeof *ends_batch, CLASSES = 6, LOG_BYTES = 64 << 10 };

struct monitor {
    pthread_mutex_t lock;
    const char *const *routes;
    size_t n_routes;
    size_t requests[MONITOR_ROUTES_MAX][CLASSES];  // by hundreds of the status; 0: the client went away
    size_t latency[MONITOR_ROUTES_MAX][ENDS_S + 1];
    double latency_sum_s[MONITOR_ROUTES_MAX];
    size_t batches[ENDS_BATCH + 1], batch_sum, questions, features, popularity, full;
    const char *path;
    int log;                       // -1: none
    struct bytes waiting;          // lines that are not written yet
    bool failed;
};

static int open_log(const char *path)
{
    return strcmp(path, "-") == 0 ? STDOUT_FILENO : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

struct monitor *monitor_new(const char *const *routes, size_t n_routes, const char *log)
{
    struct monitor *m = memory_zeros(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->routes = routes;
    m->n_routes = n_routes;
    m->path = log;
    m->log = log != NULL ? open_log(log) : -1;
    if (log != NULL && m->log < 0)
        die(EXIT_WORLD, "open %s:", log);
    return m;
}

// The lock is held.
static void flush(struct monitor *m)
{
    size_t at = 0;
    while (m->log >= 0 && at < m->waiting.length) {
        ssize_t n = write(m->log, m->waiting.data + at, m->waiting.length - at);
        if (n < 0 && !m->failed)
            tell("write %s:", m->path);
        m->failed = n < 0;
        if (n < 0)
            break;
        at += (size_t)n;
    }
    m->waiting.length = 0;
}

void monitor_flush(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    flush(m);
    pthread_mutex_unlock(&m->lock);
}

void monitor_reopen(struct monitor *m)
{
    if (m->log < 0 || strcmp(m->path, "-") == 0)
        return;
    pthread_mutex_lock(&m->lock);
    flush(m);
    int fresh = open_log(m->path);
    if (fresh < 0) {
        tell("open %s:", m->path);
    } else {
        close(m->log);
        m->log = fresh;
    }
    pthread_mutex_unlock(&m->lock);
}

static void log_line(struct monitor *m, const struct monitor_request *r)
{
    struct timespec now;
    struct tm at;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &at));
    bytes_printf(&m->waiting, "{\"time\": \"%s.%03ldZ\", \"method\": ", text, now.tv_nsec / 1000000);
    lines_text(&m->waiting, r->method, strlen(r->method), true);
    bytes_printf(&m->waiting, ", \"path\": ");
    lines_text(&m->waiting, r->path, strlen(r->path), true);
    bytes_printf(&m->waiting, ", \"status\": %d, \"bytes\": %zu, \"ms\": %.3f}\n", r->status, r->bytes, 1e3 * r->seconds);
    if (m->waiting.length > LOG_BYTES)
        flush(m);
}

void monitor_request(struct monitor *m, const struct monitor_request *r)
{
    size_t bucket = 0, class = (size_t)r->status / 100;
    while (bucket < ENDS_S && r->seconds > ends_s[bucket])
        bucket++;
    pthread_mutex_lock(&m->lock);
    m->requests[r->route][class < CLASSES ? class : 0]++;
    m->latency[r->route][bucket]++;
    m->latency_sum_s[r->route] += r->seconds;
    if (m->log >= 0)
        log_line(m, r);
    pthread_mutex_unlock(&m->lock);
}

void monitor_batch(struct monitor *m, size_t requests, size_t questions, size_t features, size_t popularity)
{
    size_t bucket = 0;
    while (bucket < ENDS_BATCH && requests > ends_batch[bucket])
        bucket++;
    pthread_mutex_lock(&m->lock);
    m->batches[bucket]++;
    m->batch_sum += requests;
    m->questions += questions;
    m->features += features;
    m->popularity += popularity;
    pthread_mutex_unlock(&m->lock);
}

void monitor_full(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    m->full++;
    pthread_mutex_unlock(&m->lock);
}

static void head(struct bytes *out, const char *name, const char *type, const char *help)
{
    bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void monitor_value(struct bytes *out, const char *name, const char *type, const char *help, size_t value)
{
    head(out, name, type, help);
    bytes_printf(out, "%s %zu\n", name, value);
}

static void put_latency(const struct monitor *m, size_t route, struct bytes *out)
{
    const char *name = m->routes[route];
    size_t sum = 0;
    for (size_t i = 0; i <= ENDS_S; i++)
        sum += m->latency[route][i];
    if (sum == 0)
        return;
    sum = 0;
    for (size_t i = 0; i < ENDS_S; i++) {
        sum += m->latency[route][i];
        bytes_printf(out, "millrace_request_seconds_bucket{route=\"%s\",le=\"%g\"} %zu\n", name, ends_s[i], sum);
    }
    sum += m->latency[route][ENDS_S];
    bytes_printf(out, "millrace_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %zu\n", name, sum);
    bytes_printf(out, "millrace_request_seconds_sum{route=\"%s\"} %.6f\nmillrace_request_seconds_count{route=\"%s\"} %zu\n", name,
                 m->latency_sum_s[route], name, sum);
}

static void put_batches(const struct monitor *m, struct bytes *out)
{
    size_t sum = 0;
    head(out, "millrace_batch_requests", "histogram", "Requests that a worker answered together.");
    for (size_t i = 0; i < ENDS_BATCH; i++) {
        sum += m->batches[i];
        bytes_printf(out, "millrace_batch_requests_bucket{le=\"%zu\"} %zu\n", ends_batch[i], sum);
    }
    sum += m->batches[ENDS_BATCH];
    bytes_printf(out, "millrace_batch_requests_bucket{le=\"+Inf\"} %zu\nmillrace_batch_requests_sum %zu\nmillrace_batch_requests_count %zu\n", sum,
                 m->batch_sum, sum);
}

void monitor_write(struct monitor *m, struct bytes *out)
{
    static const char *const classes[CLASSES] = {"gone", "1xx", "2xx", "3xx", "4xx", "5xx"};
    pthread_mutex_lock(&m->lock);
    head(out, "millrace_requests_total", "counter", "Requests answered, by route and status; gone: the client went away.");
    for (size_t r = 0; r < m->n_routes; r++)
        for (size_t c = 0; c < CLASSES; c++)
            if (m->requests[r][c] > 0)
                bytes_printf(out, "millrace_requests_total{route=\"%s\",status=\"%s\"} %zu\n", m->routes[r], classes[c], m->requests[r][c]);
    head(out, "millrace_request_seconds", "histogram", "From the first line of a request to the end of its answer.");
    for (size_t r = 0; r < m->n_routes; r++)
        put_latency(m, r, out);
    put_batches(m, out);
    monitor_value(out, "millrace_questions_total", "counter", "Queries answered: a request has one or more.", m->questions);
    head(out, "millrace_fallbacks_total", "counter", "Queries that were not known, by what answered them.");
    bytes_printf(out, "millrace_fallbacks_total{by=\"features\"} %zu\nmillrace_fallbacks_total{by=\"popularity\"} %zu\n", m->features, m->popularity);
    monitor_value(out, "millrace_queue_full_total", "counter", "Requests refused because too many waited.", m->full);
    pthread_mutex_unlock(&m->lock);
}
