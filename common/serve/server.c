// The threads that read requests route them. What takes no search they answer themselves; the rest goes to the workers with its model held, so
// that a reload does not touch it.
#include "common/serve/server.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/serve/api.h"
#include "common/serve/monitor.h"
#include "common/serve/page.h"
#include "common/serve/tfs.h"
#include "common/serve/v2.h"
#include "common/serve/workers.h"

struct server {
    struct server_options options;
    struct http *http;
    struct workers *workers;
    struct monitor *monitor;
    const char *routes[MONITOR_ROUTES_MAX];    // their names
};

enum { METHOD_GET = 1, METHOD_POST = 2 };

// What a path names: the model, its version, and the rest.
struct target {
    char name[256];
    uint64_t version;
    const char *rest;
};

// Splits NAME[/versions/N]REST, where REST begins with one of ":/" or is nothing. False if it is none.
static bool parse_target(const char *path, struct target *t)
{
    size_t length = strcspn(path, "/:");
    if (length == 0 || length >= sizeof t->name)
        return false;
    memcpy(t->name, path, length);
    t->name[length] = '\0';
    t->version = 0;
    t->rest = path + length;
    if (strncmp(t->rest, "/versions/", strlen("/versions/")) != 0)
        return true;
    const char *digits = t->rest + strlen("/versions/");
    size_t n = strspn(digits, "0123456789");
    if (n == 0 || n > 18)
        return false;
    t->version = strtoull(digits, NULL, 10);
    t->rest = digits + n;
    return t->version > 0;
}

typedef void answer_function(struct server *s, struct http_request *request);

static void put_models(struct server *s, struct http_request *request)
{
    api_models(s->options.service, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_server(struct server *s, struct http_request *request)
{
    (void)s;
    v2_server(&request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_live(struct server *s, struct http_request *request)
{
    (void)s;
    bytes_printf(&request->out, "{\"live\": true}\n");
    http_answer(request, 200, "application/json", NULL);
}

// How many models are loaded.
static size_t count_models(struct server *s)
{
    size_t n;
    struct loaded **all = service_all(s->options.service, &n);
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
    return n;
}

static void put_v2_all_ready(struct server *s, struct http_request *request)
{
    bool ready = count_models(s) > 0;
    bytes_printf(&request->out, "{\"ready\": %s}\n", ready ? "true" : "false");
    http_answer(request, ready ? 200 : 503, "application/json", NULL);
}

static void put_health(struct server *s, struct http_request *request)
{
    bool ready = count_models(s) > 0;
    bytes_printf(&request->out, ready ? "ok\n" : "no model is loaded\n");
    http_answer(request, ready ? 200 : 503, "text/plain", NULL);
}

// A value of each model.
static void put_gauge(struct bytes *out, const char *name, const char *help, struct loaded *const *all, size_t n,
                      uint64_t (*value)(const struct loaded *))
{
    bytes_printf(out, "# HELP millrace_%s %s\n# TYPE millrace_%s gauge\n", name, help, name);
    for (size_t i = 0; i < n; i++) {
        bytes_printf(out, "millrace_%s{model=", name);
        json_put_text(out, all[i]->name);
        bytes_printf(out, ",version=\"%llu\"} %llu\n", (unsigned long long)all[i]->version, (unsigned long long)value(all[i]));
    }
}

static uint64_t rows_of(const struct loaded *model)
{
    return model->n_candidates;
}

static uint64_t version_of(const struct loaded *model)
{
    return model->version;
}

static uint64_t loaded_at_of(const struct loaded *model)
{
    return (uint64_t)model->loaded_at;
}

static void put_metrics(struct server *s, struct http_request *request)
{
    struct bytes *out = &request->out;
    const struct keeper *keeper = s->options.keeper;
    size_t n;
    monitor_write(s->monitor, out);
    monitor_value(out, "millrace_queue_waiting", "gauge", "Requests that wait for a worker.", workers_waiting(s->workers));
    monitor_value(out, "millrace_connections", "gauge", "Open connections.", http_connections(s->http));
    if (keeper != NULL) {
        monitor_value(out, "millrace_reloads_total", "counter", "Files loaded after the start.", keeper_reloads(keeper));
        monitor_value(out, "millrace_refused_files_total", "counter", "Files refused because they do not answer.", keeper_refusals(keeper));
    }
    struct loaded **all = service_all(s->options.service, &n);
    put_gauge(out, "index_rows", "Candidates in the index.", all, n, rows_of);
    put_gauge(out, "model_version", "The version of the model.", all, n, version_of);
    put_gauge(out, "model_loaded_seconds", "When it was loaded, in seconds since 1970.", all, n, loaded_at_of);
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
    http_answer(request, 200, "text/plain; version=0.0.4", NULL);
}

static void put_page(struct server *s, struct http_request *request)
{
    (void)s;
    const struct page_file *file = page_find(request->path);
    bool known = page_is_known(file, http_header(request, "If-None-Match"));
    if (!known)
        bytes_add(&request->out, file->data, file->n);
    http_answer(request, known ? 304 : 200, file->type, file->headers);
}

// Paths that begin with `before` and a model (parse_target), and end in `after`; or, without `after`, those that are `before`.
struct route {
    const char *name;                          // in metrics
    int methods;
    bool open;                                 // asks for no token
    const char *before, *after;
    const struct format *format;               // through the queue,
    void (*describe)(const struct loaded *model, struct bytes *out);   // or at once, in JSON
    answer_function *answer;                   // without a model
};

static const struct route routes[] = {
    {"predict", METHOD_POST, false, "/v1/models/", ":predict", &format_tfs_predict, NULL, NULL},
    {"status", METHOD_GET, false, "/v1/models/", "", NULL, tfs_status, NULL},
    {"metadata", METHOD_GET, false, "/v1/models/", "/metadata", NULL, tfs_metadata, NULL},
    {"infer", METHOD_POST, false, "/v2/models/", "/infer", &format_v2_infer, NULL, NULL},
    {"v2_model", METHOD_GET, false, "/v2/models/", "", NULL, v2_model, NULL},
    {"v2_model_ready", METHOD_GET, false, "/v2/models/", "/ready", NULL, v2_ready, NULL},
    {"v2_live", METHOD_GET, true, "/v2/health/live", NULL, NULL, NULL, put_v2_live},
    {"v2_ready", METHOD_GET, true, "/v2/health/ready", NULL, NULL, NULL, put_v2_all_ready},
    {"v2", METHOD_GET, false, "/v2", NULL, NULL, NULL, put_v2_server},
    {"models", METHOD_GET, false, "/api/models", NULL, NULL, NULL, put_models},
    {"info", METHOD_GET, false, "/api/models/", "/info", NULL, api_info, NULL},
    {"search", METHOD_GET, false, "/api/models/", "/search", &format_api_search, NULL, NULL},
    {"recommend", METHOD_POST, false, "/api/models/", "/recommend", &format_api_recommend, NULL, NULL},
    {"healthz", METHOD_GET, true, "/healthz", NULL, NULL, NULL, put_health},
    {"metrics", METHOD_GET, false, "/metrics", NULL, NULL, NULL, put_metrics},
    {"page", METHOD_GET, true, "/", NULL, NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/style.css", NULL, NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/app.js", NULL, NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/icon.svg", NULL, NULL, NULL, put_page},
};

enum { ROUTES = sizeof routes / sizeof *routes };

static bool route_is(const struct route *route, const char *path, struct target *target)
{
    if (route->after == NULL)
        return strcmp(path, route->before) == 0;
    size_t n = strlen(route->before);
    return strncmp(path, route->before, n) == 0 && parse_target(path + n, target) && strcmp(target->rest, route->after) == 0;
}

static int method_of(const struct http_request *request)
{
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
        return METHOD_GET;
    return strcmp(request->method, "POST") == 0 ? METHOD_POST : 0;
}

static void answer_route(struct server *s, struct http_request *request, const struct route *route, const struct target *target)
{
    struct loaded *model = route->after != NULL ? service_get(s->options.service, target->name, target->version) : NULL;
    if (route->after != NULL && model == NULL) {
        struct arena arena = {0};
        // As TensorFlow Serving says it.
        ticket_refuse(request, 404, arena_printf(&arena, "Servable not found for request: %s(%s%.0llu)", target->version > 0 ? "Specific" : "Latest",
                                                target->name, (unsigned long long)target->version), NULL);
        arena_free(&arena);
    } else if (route->format != NULL) {
        workers_ask(s->workers, request, model, route->format);
    } else if (route->describe != NULL) {
        route->describe(model, &request->out);
        service_put(model);
        http_answer(request, 200, "application/json", NULL);
    } else {
        route->answer(s, request);
    }
}

// Whether the request may be answered. The time it takes does not tell how much of a wrong token is right.
static bool is_allowed(const struct server *s, const struct http_request *request)
{
    const char *header = http_header(request, "Authorization"), *token = s->options.token, *prefix = "Bearer ";
    if (token == NULL)
        return true;
    if (header == NULL || strncmp(header, prefix, strlen(prefix)) != 0)
        return false;
    const char *given = header + strlen(prefix);
    size_t n = strlen(token), m = strlen(given);
    unsigned char differs = n != m;
    for (size_t i = 0; i < m; i++)
        differs |= (unsigned char)(given[i] ^ token[i % (n + 1)]);
    return differs == 0;
}

static void handle(void *context, struct http_request *request)
{
    struct server *s = context;
    struct target target;
    static const char *const allow[] = {[METHOD_GET] = "Allow: GET", [METHOD_POST] = "Allow: POST", [METHOD_GET | METHOD_POST] = "Allow: GET, POST"};
    int allowed = 0;
    request->handler = (void *)&s->routes[ROUTES];
    for (size_t i = 0; i < ROUTES; i++) {
        if (!route_is(&routes[i], request->path, &target))
            continue;
        if (routes[i].methods & method_of(request)) {
            request->handler = (void *)&s->routes[i];
            if (!routes[i].open && !is_allowed(s, request))
                ticket_refuse(request, 401, "wanted a token: Authorization: Bearer TOKEN", "WWW-Authenticate: Bearer");
            else
                answer_route(s, request, &routes[i], &target);
            return;
        }
        allowed |= routes[i].methods;
    }
    if (allowed != 0)
        ticket_refuse(request, 405, "the method is not allowed there", allow[allowed]);
    else
        ticket_refuse(request, 404, "there is nothing at this path", NULL);
}

static void answered(void *context, const struct http_request *request, int status, size_t bytes)
{
    struct server *s = context;
    const char *const *route = request->handler != NULL ? request->handler : &s->routes[ROUTES];
    monitor_request(s->monitor, &(struct monitor_request){.route = (size_t)(route - s->routes), .method = request->method, .path = request->path,
                                                          .status = status, .bytes = bytes, .seconds = clock_seconds() - request->began_s});
}

struct server *server_start(const struct server_options *options)
{
    struct server *s = memory_zeros(1, sizeof *s);
    s->options = *options;
    s->options.http.handle = handle;
    s->options.http.answered = answered;
    s->options.http.context = s;
    for (size_t i = 0; i < ROUTES; i++)
        s->routes[i] = routes[i].name;
    s->routes[ROUTES] = "other";
    s->monitor = monitor_new(s->routes, ROUTES + 1, options->log);
    s->workers = workers_new((struct batcher_options){.threads = options->threads, .batch = options->batch, .wait_us = options->wait_us,
                                                      .queue = options->queue}, s->monitor);
    s->http = http_new(&s->options.http);
    http_start(s->http);  // /metrics reads s->http
    return s;
}

void server_log(struct server *s, bool reopen)
{
    if (reopen)
        monitor_reopen(s->monitor);
    else
        monitor_flush(s->monitor);
}

const char *server_address(const struct server *server)
{
    return http_address(server->http);
}

void server_stop(struct server *s)
{
    http_stop(s->http);
    workers_stop(s->workers);
    monitor_flush(s->monitor);
    free(s);
}
