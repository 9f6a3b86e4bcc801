// libmicrohttpd reads and writes on a few threads, each with a poll of its own: with its epoll (0.9.75) connections that were suspended and
// woken up heard, once in a great many times under load, no more of what their clients sent. It cannot be made to happen at will, so no test
// shows it. A request whose answer takes time is suspended; whoever answers it wakes it up. Its time limits are of silence, so a client that
// sends a byte now and then could hold a connection for ever: connections.h has ours. A head that does not fit its memory for a connection it
// refuses itself, in HTML: it has room for twice what we take, and we refuse the rest.
#define _GNU_SOURCE
#include "common/serve/http.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/serve/connections.h"
#include "common/serve/listen.h"

enum { DRAIN_S_MAX = 30 };

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    int listening;          // the socket
    char address[LISTEN_NAME_BYTES];
    struct connections *connections;
    atomic_size_t busy;     // requests begun and not completed
    atomic_size_t reserved; // bytes for their bodies
    atomic_bool draining;
};

enum { PHASE_READING, PHASE_HANDLED, PHASE_SUSPENDED, PHASE_ANSWERED };

struct http_state {
    struct http_request request;
    struct http *http;
    struct connection *connection;
    struct MHD_Connection *mhd;
    struct bytes body;
    struct arena arena;     // method and path
    atomic_int phase;
    int status;
    const char *type, *more;
    size_t out_bytes;
    bool refused;           // answered before all of it came
    bool too_long;          // the body
    size_t reserved;        // bytes for its body
};

// "Name: value", one a line.
static void add_headers(struct MHD_Response *response, const char *lines)
{
    while (lines != NULL && *lines != '\0') {
        char name[64], value[640];
        size_t length = strcspn(lines, "\n"), n = strcspn(lines, ":");
        if (n + 2 <= length) {
            snprintf(name, sizeof name, "%.*s", (int)n, lines);
            snprintf(value, sizeof value, "%.*s", (int)(length - n - 2), lines + n + 2);
            MHD_add_response_header(response, name, value);
        }
        lines += length + (lines[length] == '\n');
    }
}

static enum MHD_Result to_client(struct http_state *s)
{
    struct http_request *request = &s->request;
    s->out_bytes = request->out.length;
    struct MHD_Response *response = MHD_create_response_from_buffer(request->out.length, request->out.data != NULL ? request->out.data : "",
                                                                    request->out.data != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    request->out = (struct bytes){0};
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", s->type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    add_headers(response, s->more);
    if (atomic_load(&s->http->draining) || s->refused)
        MHD_add_response_header(response, "Connection", "close");
    connection_takes(s->http->connections, s->connection);
    enum MHD_Result result = MHD_queue_response(s->mhd, (unsigned)s->status, response);
    MHD_destroy_response(response);
    return result;
}

void http_answer(struct http_request *request, int status, const char *type, const char *more)
{
    struct http_state *s = request->state;
    s->status = status;
    s->type = type;
    s->more = more;
    // Unless it is suspended, the thread that has it sends it; from here on it is not ours.
    struct MHD_Connection *mhd = s->mhd;
    if (atomic_exchange(&s->phase, PHASE_ANSWERED) == PHASE_SUSPENDED)
        MHD_resume_connection(mhd);
}

static const char too_long[] = "the body is longer than the server takes";

static enum MHD_Result refuse(struct http_state *s, int status, const char *why)
{
    bytes_printf(&s->request.out, "{\"error\": \"%s\"}\n", why);
    s->refused = true;
    s->status = status;
    s->type = "application/json";
    return to_client(s);
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static struct http_state *state_new(struct http *http, struct MHD_Connection *mhd, const char *method, const char *path)
{
    struct http_state *s = memory_zeros(1, sizeof *s);
    s->http = http;
    s->mhd = mhd;
    s->connection = connection_of(mhd);
    s->request = (struct http_request){.state = s, .began_s = clock_seconds()};
    s->request.method = arena_text(&s->arena, method, strlen(method));
    s->request.path = arena_text(&s->arena, path, strlen(path));
    atomic_fetch_add(&http->busy, 1);
    return s;
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *mhd, const char *method, const char *path, void **state)
{
    struct http_state *s = state_new(http, mhd, method, path);
    *state = s;
    if (connection_uri_bytes(s->connection) > http->options.head_bytes)
        return refuse(s, 414, "the address is longer than the server takes");
    if (MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size > http->options.head_bytes)
        return refuse(s, 431, "the headers are longer than the server takes");
    const char *length = http_header(&s->request, "Content-Length"), *chunked = http_header(&s->request, "Transfer-Encoding");
    unsigned long long bytes = length != NULL ? strtoull(length, NULL, 10) : chunked != NULL ? http->options.body_bytes : 0;
    if (bytes > http->options.body_bytes)
        return refuse(s, 413, too_long);
    s->reserved = (size_t)bytes;
    if (atomic_fetch_add(&http->reserved, s->reserved) + s->reserved > http->options.bodies_bytes)
        return refuse(s, 503, "there is no room for the body");
    return MHD_YES;
}

// A whole request came.
static enum MHD_Result hand_over(struct http_state *s)
{
    s->request.body = s->body.data != NULL ? s->body.data : "";
    s->request.body_bytes = s->body.length;
    connection_waits(s->http->connections, s->connection);
    atomic_store(&s->phase, PHASE_HANDLED);
    s->http->options.handle(s->http->options.context, &s->request);
    if (atomic_load(&s->phase) == PHASE_ANSWERED)
        return to_client(s);
    struct MHD_Connection *mhd = s->mhd;
    MHD_suspend_connection(mhd);
    int handled = PHASE_HANDLED;
    if (!atomic_compare_exchange_strong(&s->phase, &handled, PHASE_SUSPENDED))
        MHD_resume_connection(mhd);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_bytes, void **state)
{
    (void)version;
    struct http *http = context;
    struct http_state *s = *state;
    if (s == NULL)
        return begin(http, mhd, method, url, state);
    if (s->refused) {
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (*upload_bytes > 0) {
        s->too_long |= s->body.length + *upload_bytes > http->options.body_bytes;
        if (!s->too_long)  // of unknown length, and too long: nothing can be said while it is being sent
            bytes_add(&s->body, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (s->too_long)
        return refuse(s, 413, too_long);
    return atomic_load(&s->phase) == PHASE_ANSWERED ? to_client(s) : hand_over(s);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode why)
{
    (void)mhd;
    struct http *http = context;
    struct http_state *s = *state;
    if (s == NULL)
        return;
    connection_answered(http->connections, s->connection);
    if (http->options.answered != NULL)
        http->options.answered(http->options.context, &s->request, why == MHD_REQUEST_TERMINATED_COMPLETED_OK ? s->status : 0, s->out_bytes);
    free(s->request.out.data);
    free(s->body.data);
    arena_free(&s->arena);
    atomic_fetch_sub(&http->reserved, s->reserved);
    free(s);
    *state = NULL;
    atomic_fetch_sub(&http->busy, 1);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *socket_context = connections_add(http->connections, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    else
        connections_remove(http->connections, *socket_context);
}

static void *on_first_line(void *context, const char *uri, struct MHD_Connection *mhd)
{
    struct http *http = context;
    connection_began(http->connections, connection_of(mhd), strlen(uri));
    return NULL;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void say_nothing(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

struct http *http_new(const struct http_options *options)
{
    struct http *http = memory_zeros(1, sizeof *http);
    http->options = *options;
    raise_descriptors();
    http->listening = listen_open(options->listen);
    listen_name(http->listening, http->address);
    http->connections = connections_new(options->timeout_s);
    return http;
}

void http_start(struct http *http)
{
    const struct http_options *options = &http->options;
    http->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, http,
        MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, http->listening,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)options->threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, 2 * options->head_bytes, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_URI_LOG_CALLBACK, on_first_line, http, MHD_OPTION_END);
    if (http->daemon == NULL)
        die(EXIT_WORLD, "cannot start the server:");
}

const char *http_address(const struct http *http)
{
    return http->address;
}

const char *http_parameter(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->state->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->state->mhd, MHD_HEADER_KIND, name);
}

size_t http_connections(const struct http *http)
{
    return connections_count(http->connections);
}

void http_stop(struct http *http)
{
    atomic_store(&http->draining, true);
    int listening = MHD_quiesce_daemon(http->daemon);
    double until_s = clock_seconds() + DRAIN_S_MAX;
    while (atomic_load(&http->busy) > 0 && clock_seconds() < until_s)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    connections_unwatch(http->connections);
    MHD_stop_daemon(http->daemon);
    if (listening >= 0)
        close(listening);
    connections_free(http->connections);
    free(http);
}
