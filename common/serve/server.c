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

typedef void answer_function(struct server *s, struct http_request *request, struct loaded *model);

static void put_status(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    tfs_status(model, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_metadata(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    tfs_metadata(model, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_info(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    api_info(model, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_models(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)model;
    api_models(s->options.service, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_server(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    (void)model;
    v2_server(&request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_model(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    v2_model(model, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_ready(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    v2_ready(model, &request->out);
    http_answer(request, 200, "application/json", NULL);
}

static void put_v2_live(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    (void)model;
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

static void put_v2_all_ready(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)model;
    bool ready = count_models(s) > 0;
    bytes_printf(&request->out, "{\"ready\": %s}\n", ready ? "true" : "false");
    http_answer(request, ready ? 200 : 503, "application/json", NULL);
}

static void put_health(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)model;
    bool ready = count_models(s) > 0;
    bytes_printf(&request->out, ready ? "ok\n" : "no model is loaded\n");
    http_answer(request, ready ? 200 : 503, "text/plain", NULL);
}

static void put_metrics(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)model;
    struct bytes *out = &request->out;
    size_t n;
    monitor_write(s->monitor, out);
    bytes_printf(out, "# HELP millrace_queue_waiting Requests that wait for a worker.\n# TYPE millrace_queue_waiting gauge\nmillrace_queue_waiting %zu\n",
                 workers_waiting(s->workers));
    bytes_printf(out, "# HELP millrace_connections Open connections.\n# TYPE millrace_connections gauge\nmillrace_connections %zu\n",
                 http_connections(s->http));
    if (s->options.keeper != NULL)
        bytes_printf(out, "# HELP millrace_reloads_total Files loaded after the start.\n# TYPE millrace_reloads_total counter\nmillrace_reloads_total %zu\n"
                          "# HELP millrace_refused_files_total Files refused because they do not answer.\n# TYPE millrace_refused_files_total counter\n"
                          "millrace_refused_files_total %zu\n", keeper_reloads(s->options.keeper), keeper_refusals(s->options.keeper));
    struct loaded **all = service_all(s->options.service, &n);
    static const char *const gauges[][2] = {{"index_rows", "Candidates in the index."}, {"model_version", "The version of the model."},
                                            {"model_loaded_seconds", "When it was loaded, in seconds since 1970."}};
    for (size_t g = 0; g < 3; g++) {
        bytes_printf(out, "# HELP millrace_%s %s\n# TYPE millrace_%s gauge\n", gauges[g][0], gauges[g][1], gauges[g][0]);
        for (size_t i = 0; i < n; i++) {
            bytes_printf(out, "millrace_%s{model=", gauges[g][0]);
            json_put_text(out, all[i]->name);
            bytes_printf(out, ",version=\"%llu\"} %llu\n", (unsigned long long)all[i]->version,
                         g == 0 ? (unsigned long long)all[i]->n_candidates : g == 1 ? (unsigned long long)all[i]->version : (unsigned long long)all[i]->loaded_at);
        }
    }
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
    http_answer(request, 200, "text/plain; version=0.0.4", NULL);
}

static void put_page(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)s;
    (void)model;
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
    answer_function *answer;                   // or at once
};

static const struct route routes[] = {
    {"predict", METHOD_POST, false, "/v1/models/", ":predict", &format_tfs_predict, NULL},
    {"status", METHOD_GET, false, "/v1/models/", "", NULL, put_status},
    {"metadata", METHOD_GET, false, "/v1/models/", "/metadata", NULL, put_metadata},
    {"infer", METHOD_POST, false, "/v2/models/", "/infer", &format_v2_infer, NULL},
    {"v2_model", METHOD_GET, false, "/v2/models/", "", NULL, put_v2_model},
    {"v2_model_ready", METHOD_GET, false, "/v2/models/", "/ready", NULL, put_v2_ready},
    {"v2_live", METHOD_GET, true, "/v2/health/live", NULL, NULL, put_v2_live},
    {"v2_ready", METHOD_GET, true, "/v2/health/ready", NULL, NULL, put_v2_all_ready},
    {"v2", METHOD_GET, false, "/v2", NULL, NULL, put_v2_server},
    {"models", METHOD_GET, false, "/api/models", NULL, NULL, put_models},
    {"info", METHOD_GET, false, "/api/models/", "/info", NULL, put_info},
    {"search", METHOD_GET, false, "/api/models/", "/search", &format_api_search, NULL},
    {"recommend", METHOD_POST, false, "/api/models/", "/recommend", &format_api_recommend, NULL},
    {"healthz", METHOD_GET, true, "/healthz", NULL, NULL, put_health},
    {"metrics", METHOD_GET, false, "/metrics", NULL, NULL, put_metrics},
    {"page", METHOD_GET, true, "/", NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/style.css", NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/app.js", NULL, NULL, put_page},
    {"page", METHOD_GET, true, "/icon.svg", NULL, NULL, put_page},
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
    } else {
        route->answer(s, request, model);
        service_put(model);
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
        ticket_refuse(request, 405, "the method is not allowed there", allowed == METHOD_POST ? "Allow: POST" : allowed == METHOD_GET ? "Allow: GET" : "Allow: GET, POST");
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
    s->http = http_start(&s->options.http);
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
