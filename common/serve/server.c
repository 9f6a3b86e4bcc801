// The threads that read requests route them. What takes no search they answer themselves; the rest goes into the queue with its model held, so that a
// reload does not touch it. A worker parses every request of its batch, answers the questions of each model together, and writes.
#include "common/serve/server.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/serve/api.h"
#include "common/serve/batcher.h"
#include "common/serve/page.h"
#include "common/serve/tfs.h"

struct server {
    struct server_options options;
    struct http *http;
    struct batcher *batcher;
    struct arena *arenas;                      // (options.threads) one a worker
};

static void answer_error(struct http_request *request, int status, const char *message, const char *more)
{
    request->out.length = 0;
    bytes_printf(&request->out, "{\"error\": ");
    json_put_text(&request->out, message);
    bytes_printf(&request->out, "}\n");
    http_answer(request, status, "application/json", more);
}

// Answers under a guard.

struct work {
    struct ticket *ticket;
    struct recommender *r;
    struct arena *arena;
    struct question **questions;
    size_t n;
};

static void parse(void *context)
{
    struct work *w = context;
    w->ticket->format->parse(w->ticket, w->r, w->arena);
}

static void search(void *context)
{
    struct work *w = context;
    questions_answer(w->ticket->model, w->r, w->questions, w->n, w->arena);
}

static void write(void *context)
{
    struct work *w = context;
    w->ticket->format->write(w->ticket, w->r, &w->ticket->request->out, w->arena);
}

static void end(struct ticket *ticket)
{
    json_decref(ticket->json);
    service_put(ticket->model);
    free(ticket);
}

static void fail(struct ticket *ticket, const struct die_guard *guard)
{
    struct http_request *request = ticket->request;
    end(ticket);
    answer_error(request, guard->code == EXIT_WORLD ? 500 : 400, guard->message, NULL);
}

static void finish(struct work *w)
{
    struct die_guard guard;
    struct ticket *ticket = w->ticket;
    struct http_request *request = ticket->request;
    if (!die_guarded(&guard, write, w)) {
        fail(ticket, &guard);
        return;
    }
    const char *type = ticket->format->type;
    end(ticket);
    http_answer(request, 200, type, NULL);
}

// The questions of tickets (n) of one model. If one makes all of them fail, each is asked for itself.
static void answer_model(struct ticket **tickets, size_t n, struct recommender *r, struct arena *arena)
{
    struct die_guard guard;
    struct work w = {.ticket = tickets[0], .r = r, .arena = arena};
    for (size_t i = 0; i < n; i++)
        w.n += tickets[i]->n;
    w.questions = arena_array(arena, w.n + 1, sizeof *w.questions);
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < tickets[i]->n; j++)
            w.questions[at++] = &tickets[i]->questions[j];
    bool good = w.n == 0 || die_guarded(&guard, search, &w);
    if (!good && n > 1) {
        for (size_t i = 0; i < n; i++)
            answer_model(&tickets[i], 1, r, arena);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        w.ticket = tickets[i];
        if (good)
            finish(&w);
        else
            fail(tickets[i], &guard);
    }
}

static void run(void *context, size_t worker, void **things, size_t n)
{
    struct server *s = context;
    struct arena *arena = &s->arenas[worker];
    struct ticket **same = arena_array(arena, n, sizeof(struct ticket *));
    size_t good = 0;
    for (size_t i = 0; i < n; i++) {
        struct die_guard guard;
        struct ticket *ticket = things[i];
        struct work w = {.ticket = ticket, .r = ticket->model->recommenders[worker], .arena = arena};
        if (die_guarded(&guard, parse, &w))
            things[good++] = ticket;
        else
            fail(ticket, &guard);
    }
    while (good > 0) {
        struct loaded *model = ((struct ticket *)things[0])->model;
        size_t m = 0, left = 0;
        for (size_t i = 0; i < good; i++) {
            struct ticket *ticket = things[i];
            if (ticket->model == model)
                same[m++] = ticket;
            else
                things[left++] = ticket;
        }
        answer_model(same, m, model->recommenders[worker], arena);
        good = left;
    }
    arena_reset(arena);
}

// Routes.

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

static void ask(struct server *s, struct http_request *request, struct loaded *model, const struct format *format)
{
    struct ticket *ticket = memory_zeros(1, sizeof *ticket);
    *ticket = (struct ticket){.request = request, .format = format, .model = model};
    if (batcher_put(s->batcher, ticket))
        return;
    end(ticket);
    answer_error(request, 429, "too many requests wait already", "Retry-After: 1");
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

static void put_health(struct server *s, struct http_request *request, struct loaded *model)
{
    (void)model;
    size_t n;
    struct loaded **all = service_all(s->options.service, &n);
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
    bytes_printf(&request->out, n > 0 ? "ok\n" : "no model is loaded\n");
    http_answer(request, n > 0 ? 200 : 503, "text/plain", NULL);
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
    int methods;
    const char *before, *after;
    const struct format *format;               // through the queue,
    answer_function *answer;                   // or at once
};

static const struct route routes[] = {
    {METHOD_POST, "/v1/models/", ":predict", &format_tfs_predict, NULL},
    {METHOD_GET, "/v1/models/", "", NULL, put_status},
    {METHOD_GET, "/v1/models/", "/metadata", NULL, put_metadata},
    {METHOD_GET, "/api/models", NULL, NULL, put_models},
    {METHOD_GET, "/api/models/", "/info", NULL, put_info},
    {METHOD_GET, "/api/models/", "/search", &format_api_search, NULL},
    {METHOD_POST, "/api/models/", "/recommend", &format_api_recommend, NULL},
    {METHOD_GET, "/healthz", NULL, NULL, put_health},
    {METHOD_GET, "/", NULL, NULL, put_page},
    {METHOD_GET, "/style.css", NULL, NULL, put_page},
    {METHOD_GET, "/app.js", NULL, NULL, put_page},
    {METHOD_GET, "/icon.svg", NULL, NULL, put_page},
};

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
        answer_error(request, 404, arena_printf(&arena, "Servable not found for request: %s(%s%.0llu)", target->version > 0 ? "Specific" : "Latest",
                                                target->name, (unsigned long long)target->version), NULL);
        arena_free(&arena);
    } else if (route->format != NULL) {
        ask(s, request, model, route->format);
    } else {
        route->answer(s, request, model);
        service_put(model);
    }
}

static void handle(void *context, struct http_request *request)
{
    struct server *s = context;
    struct target target;
    int allowed = 0;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!route_is(&routes[i], request->path, &target))
            continue;
        if (routes[i].methods & method_of(request)) {
            answer_route(s, request, &routes[i], &target);
            return;
        }
        allowed |= routes[i].methods;
    }
    if (allowed != 0)
        answer_error(request, 405, "the method is not allowed there", allowed == METHOD_POST ? "Allow: POST" : allowed == METHOD_GET ? "Allow: GET" : "Allow: GET, POST");
    else
        answer_error(request, 404, "there is nothing at this path", NULL);
}

struct server *server_start(const struct server_options *options)
{
    struct server *s = memory_zeros(1, sizeof *s);
    s->options = *options;
    s->options.http.handle = handle;
    s->options.http.context = s;
    s->arenas = memory_zeros(options->threads, sizeof *s->arenas);
    s->batcher = batcher_new(&(struct batcher_options){.threads = options->threads, .batch = options->batch, .wait_us = options->wait_us,
                                                       .queue = options->queue, .run = run, .context = s});
    s->http = http_start(&s->options.http);
    return s;
}

const char *server_address(const struct server *server)
{
    return http_address(server->http);
}

void server_stop(struct server *s)
{
    http_stop(s->http);
    batcher_stop(s->batcher);
    for (size_t i = 0; i < s->options.threads; i++)
        arena_free(&s->arenas[i]);
    free(s->arenas);
    free(s);
}
