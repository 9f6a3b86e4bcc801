#define _POSIX_C_SOURCE 200809L
#include "common/serve/service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct service {
    pthread_mutex_t lock;
    size_t n_workers;
    struct loaded **loaded;     // (n) by name, then version
    size_t n, capacity;
};

struct service *service_new(size_t n_workers)
{
    struct service *s = memory_zeros(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->n_workers = n_workers;
    return s;
}

void service_put(struct loaded *l)
{
    if (l != NULL && atomic_fetch_sub(&l->references, 1) == 1)
        loaded_free(l);
}

static int compare(const struct loaded *l, const char *name, uint64_t version)
{
    int order = strcmp(l->name, name);
    return order != 0 ? order : (l->version > version) - (l->version < version);
}

// Puts it where it belongs; returns what it replaces, or NULL.
static struct loaded *insert(struct service *s, struct loaded *l)
{
    struct loaded *old = NULL;
    pthread_mutex_lock(&s->lock);
    size_t at = 0;
    while (at < s->n && compare(s->loaded[at], l->name, l->version) < 0)
        at++;
    if (at < s->n && compare(s->loaded[at], l->name, l->version) == 0) {
        old = s->loaded[at];
    } else {
        s->loaded = memory_grow(s->loaded, &s->capacity, s->n + 1, sizeof(struct loaded *));
        memmove(s->loaded + at + 1, s->loaded + at, (s->n - at) * sizeof(struct loaded *));
        s->n++;
    }
    s->loaded[at] = l;
    pthread_mutex_unlock(&s->lock);
    return old;
}

bool service_load(struct service *s, const char *name, uint64_t version, const char *path, struct die_guard *guard)
{
    struct loaded *l = loaded_new(name, version, path, s->n_workers);
    if (!loaded_open(l, guard))
        return false;
    service_put(insert(s, l));
    warnings_print();
    return true;
}

void service_unload(struct service *s, const char *name, uint64_t version)
{
    struct loaded *old = NULL;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n && old == NULL; i++)
        if (compare(s->loaded[i], name, version) == 0) {
            old = s->loaded[i];
            memmove(s->loaded + i, s->loaded + i + 1, (--s->n - i) * sizeof(struct loaded *));
        }
    pthread_mutex_unlock(&s->lock);
    service_put(old);
}

struct loaded *service_get(struct service *s, const char *name, uint64_t version)
{
    struct loaded *found = NULL;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->loaded[i]->name, name) == 0 && (version == 0 || s->loaded[i]->version == version))
            found = s->loaded[i];
    if (found != NULL)
        atomic_fetch_add(&found->references, 1);
    pthread_mutex_unlock(&s->lock);
    return found;
}

struct loaded **service_all(struct service *s, size_t *n)
{
    pthread_mutex_lock(&s->lock);
    struct loaded **all = memory_resize(NULL, s->n, sizeof(struct loaded *));
    *n = s->n;
    for (size_t i = 0; i < s->n; i++) {
        all[i] = s->loaded[i];
        atomic_fetch_add(&all[i]->references, 1);
    }
    pthread_mutex_unlock(&s->lock);
    return all;
}
