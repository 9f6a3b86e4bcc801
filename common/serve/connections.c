#define _POSIX_C_SOURCE 200809L
#include "common/serve/connections.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/die.h"

enum { LOOK_MS = 250 };

struct connection {
    struct connection *next, *before;
    int fd;
    double since_s;         // since when it owes us a request, or takes its answer
    bool owes;              // false while we owe it an answer
    bool answered;          // it had one
    bool begun;             // the first line of a request came
    size_t uri_bytes;       // in it
};

struct connections {
    size_t timeout_s, n;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t watcher;
    struct connection *first;
    bool ending;
};

static void shut(struct connection *c)
{
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
                               "{\"error\": \"the request took too long to come\"}";
    // Not to one that keeps a connection open for later: it would take it for the answer to its next request.
    if (c->begun || !c->answered)
        (void)!send(c->fd, late, sizeof late - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(c->fd, SHUT_RDWR);
    c->owes = false;
}

static void *watch(void *context)
{
    struct connections *all = context;
    pthread_mutex_lock(&all->lock);
    while (!all->ending) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&all->changed, &all->lock, &until);
        double late_s = clock_seconds() - (double)all->timeout_s;
        for (struct connection *c = all->first; c != NULL; c = c->next)
            if (c->owes && c->since_s < late_s)
                shut(c);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

struct connections *connections_new(size_t timeout_s)
{
    struct connections *all = memory_zeros(1, sizeof *all);
    all->timeout_s = timeout_s;
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->changed, NULL);
    if (pthread_create(&all->watcher, NULL, watch, all) != 0)
        die(EXIT_WORLD, "cannot start a thread");
    return all;
}

struct connection *connections_add(struct connections *all, int fd)
{
    struct connection *c = memory_zeros(1, sizeof *c);
    *c = (struct connection){.fd = fd, .since_s = clock_seconds(), .owes = true};
    pthread_mutex_lock(&all->lock);
    c->next = all->first;
    if (c->next != NULL)
        c->next->before = c;
    all->first = c;
    all->n++;
    pthread_mutex_unlock(&all->lock);
    return c;
}

void connections_remove(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    *(c->before != NULL ? &c->before->next : &all->first) = c->next;
    if (c->next != NULL)
        c->next->before = c->before;
    all->n--;
    pthread_mutex_unlock(&all->lock);
    free(c);
}

size_t connections_count(struct connections *all)
{
    pthread_mutex_lock(&all->lock);
    size_t n = all->n;
    pthread_mutex_unlock(&all->lock);
    return n;
}

size_t connection_uri_bytes(const struct connection *c)
{
    return c->uri_bytes;
}

void connection_began(struct connections *all, struct connection *c, size_t uri_bytes)
{
    pthread_mutex_lock(&all->lock);
    c->begun = true;
    c->uri_bytes = uri_bytes;
    pthread_mutex_unlock(&all->lock);
}

void connection_waits(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    c->owes = false;
    pthread_mutex_unlock(&all->lock);
}

void connection_takes(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    c->since_s = clock_seconds();
    c->owes = true;
    pthread_mutex_unlock(&all->lock);
}

void connection_answered(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    c->since_s = clock_seconds();
    c->owes = true;
    c->answered = true;
    c->begun = false;
    pthread_mutex_unlock(&all->lock);
}

void connections_unwatch(struct connections *all)
{
    pthread_mutex_lock(&all->lock);
    all->ending = true;
    pthread_cond_signal(&all->changed);
    pthread_mutex_unlock(&all->lock);
    pthread_join(all->watcher, NULL);
}

void connections_free(struct connections *all)
{
    pthread_mutex_destroy(&all->lock);
    pthread_cond_destroy(&all->changed);
    free(all);
}
