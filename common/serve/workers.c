// A worker parses every request of its batch, answers the questions of each model together, and writes.
#include "common/serve/workers.h"

#include <stdlib.h>

struct workers {
    size_t threads;
    struct monitor *monitor;
    struct batcher *batcher;
    struct arena *arenas;              // (threads)
};

// What is done under a guard: anything that dies while a request is answered is that request's error and nobody else's.
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
    ticket_refuse(request, guard->code == EXIT_WORLD ? 500 : 400, guard->message, NULL);
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

static void count(const struct workers *workers, size_t tickets, const struct work *w)
{
    size_t by[3] = {0};
    for (size_t i = 0; i < w->n; i++)
        by[w->questions[i]->fallback]++;
    monitor_batch(workers->monitor, tickets, w->n, by[FALLBACK_FEATURES], by[FALLBACK_POPULARITY]);
}

// The questions of tickets (n) of one model. If one makes all of them fail, each is asked for itself.
static void answer_model(const struct workers *workers, struct ticket **tickets, size_t n, struct recommender *r, struct arena *arena)
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
            answer_model(workers, &tickets[i], 1, r, arena);
        return;
    }
    if (good)
        count(workers, n, &w);
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
    struct workers *workers = context;
    struct arena *arena = &workers->arenas[worker];
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
        answer_model(workers, same, m, model->recommenders[worker], arena);
        good = left;
    }
    arena_reset(arena);
}

struct workers *workers_new(struct batcher_options options, struct monitor *monitor)
{
    struct workers *w = memory_zeros(1, sizeof *w);
    w->threads = options.threads;
    w->monitor = monitor;
    w->arenas = memory_zeros(w->threads, sizeof *w->arenas);
    options.run = run;
    options.context = w;
    w->batcher = batcher_new(&options);
    return w;
}

void workers_ask(struct workers *w, struct http_request *request, struct loaded *model, const struct format *format)
{
    struct ticket *ticket = memory_zeros(1, sizeof *ticket);
    *ticket = (struct ticket){.request = request, .format = format, .model = model};
    if (batcher_put(w->batcher, ticket))
        return;
    end(ticket);
    monitor_full(w->monitor);
    ticket_refuse(request, 429, "too many requests wait already", "Retry-After: 1");
}

size_t workers_waiting(const struct workers *w)
{
    return batcher_waiting(w->batcher);
}

void workers_stop(struct workers *w)
{
    batcher_stop(w->batcher);
    for (size_t i = 0; i < w->threads; i++)
        arena_free(&w->arenas[i]);
    free(w->arenas);
    free(w);
}
