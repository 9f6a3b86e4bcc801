#define _GNU_SOURCE
#include "common/serve/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/stage.h"

// What tells one state of a file from another.
struct identity {
    ino_t inode;
    off_t bytes;
    struct timespec changed;
};

struct file {
    char *name, *path;          // owned
    uint64_t version;
    bool named;                 // by an operand, not found in the folder
    struct identity seen, loaded, refused;
    bool is_loaded, wanted;     // wanted: it was there at this look
};

struct keeper {
    struct service *service;
    const char *folder;
    struct file *files;         // (n)
    size_t n, capacity;
    atomic_size_t reloads, refusals;
};

struct keeper *keeper_new(struct service *service, const char *folder)
{
    struct keeper *k = memory_zeros(1, sizeof *k);
    k->service = service;
    k->folder = folder;
    return k;
}

static bool same(const struct identity *a, const struct identity *b)
{
    return a->inode == b->inode && a->bytes == b->bytes && a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool identify(const char *path, struct identity *identity)
{
    struct stat status;
    *identity = (struct identity){0};
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    *identity = (struct identity){status.st_ino, status.st_size, status.st_mtim};
    return true;
}

static char *copy_of(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(memory_resize(NULL, n, 1), text, n);
}

static struct file *add(struct keeper *k, const char *name, uint64_t version, const char *path)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->files[i].path, path) == 0 && strcmp(k->files[i].name, name) == 0)
            return &k->files[i];
    k->files = memory_grow(k->files, &k->capacity, k->n + 1, sizeof *k->files);
    k->files[k->n] = (struct file){.name = copy_of(name), .path = copy_of(path), .version = version};
    return &k->files[k->n++];
}

void keeper_add(struct keeper *k, const char *name, const char *path)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->files[i].name, name) == 0)
            die_usage("two files are called %s: name them NAME=FILE", quoted_text(name));
    add(k, name, 1, path)->named = true;
}

// Runs this program with --check on the file. False if it says that the file is bad, and `message` why.
static bool check(const char *path, char *message, size_t size)
{
    extern char **environ;
    int ends[2], status = 0;
    size_t n = 0, got = 0;
    const char **arguments = memory_zeros(2 * stage.set.n + 6, sizeof *arguments);
    arguments[n++] = program_name;
    arguments[n++] = "--check";
    for (size_t i = 0; i < stage.set.n; i++) {
        arguments[n++] = "--set";
        arguments[n++] = stage.set.items[i];
    }
    arguments[n++] = "--";
    arguments[n++] = path;
    snprintf(message, size, "cannot start another process to check it");
    pid_t child;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(arguments);
        return false;
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    bool started = posix_spawn(&child, "/proc/self/exe", &files, &attributes, (char **)(uintptr_t)arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    for (ssize_t more; started && (more = read(ends[0], message + got, size - 1 - got)) > 0; got += (size_t)more)
        continue;
    close(ends[0]);
    free(arguments);
    if (!started)
        return false;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    message[got] = '\0';
    message[strcspn(message, "\n")] = '\0';
    if (got == 0)
        snprintf(message, size, "the process that checked it was ended by signal %d", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void load(struct keeper *k, struct file *file)
{
    char message[1024];
    struct die_guard guard;
    bool good = check(file->path, message, sizeof message);
    const char *why = message;
    size_t prefix = strlen(program_name);
    if (strncmp(why, program_name, prefix) == 0 && why[prefix] == ':')
        why += prefix + 2;
    if (good && !service_load(k->service, file->name, file->version, file->path, &guard)) {
        good = false;
        why = guard.message;
    }
    if (good) {
        file->loaded = file->seen;
        file->is_loaded = true;
        atomic_fetch_add(&k->reloads, 1);
        if (!progress_quiet)
            tell("model %s version %llu: loaded %s", file->name, (unsigned long long)file->version, file->path);
    } else {
        file->refused = file->seen;
        atomic_fetch_add(&k->refusals, 1);
        tell("model %s version %llu: refused %s: %s", file->name, (unsigned long long)file->version, file->path, why);
    }
}

// VERSION.index or NAME.index: the length of what stands before, or 0.
static size_t stem(const char *name)
{
    size_t n = strlen(name), end = strlen(".index");
    return n > end && strcmp(name + n - end, ".index") == 0 && name[0] != '.' ? n - end : 0;
}

static void look_in(struct keeper *k, const char *folder, const char *model)
{
    char path[4096], name[256];
    DIR *open = opendir(folder);
    if (open == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        size_t n = stem(entry->d_name);
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || entry->d_name[0] == '.' || stat(path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && model == NULL) {
            snprintf(name, sizeof name, "%s", entry->d_name);
            look_in(k, path, name);
        } else if (S_ISREG(status.st_mode) && n > 0 && n < sizeof name) {
            memcpy(name, entry->d_name, n);
            name[n] = '\0';
            uint64_t version = model != NULL && strspn(name, "0123456789") == n && n <= 18 ? strtoull(name, NULL, 10) : 0;
            if (model == NULL)
                add(k, name, 1, path)->wanted = true;
            else if (version > 0)
                add(k, model, version, path)->wanted = true;
        }
    }
    closedir(open);
}

// Whether a newer version of the model is loaded.
static bool is_old(const struct keeper *k, const struct file *file)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->files[i].is_loaded && k->files[i].version > file->version && strcmp(k->files[i].name, file->name) == 0)
            return true;
    return false;
}

// The newest version first: then the older ones need not be loaded.
static int by_version(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->version < y->version) - (x->version > y->version);
}

// Whether to load what is there now: it is new and no longer being written, and was not refused before.
static bool is_due(const struct keeper *k, struct file *file, bool again)
{
    struct identity now;
    bool there = identify(file->path, &now), settled = same(&now, &file->seen) || again;
    file->seen = now;
    if ((!there && !file->named) || !settled || is_old(k, file))
        return false;
    bool loaded = file->is_loaded && same(&now, &file->loaded), refused = !again && same(&now, &file->refused);
    return !loaded && !refused;
}

// Older versions go, and what is gone and not loaded is forgotten.
static void forget(struct keeper *k)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->files[i].is_loaded && is_old(k, &k->files[i])) {
            service_unload(k->service, k->files[i].name, k->files[i].version);
            k->files[i].is_loaded = false;
        }
    size_t kept = 0;
    for (size_t i = 0; i < k->n; i++) {
        struct file file = k->files[i];
        if (file.named || file.wanted || file.is_loaded) {
            k->files[kept++] = file;
            continue;
        }
        free(file.name);
        free(file.path);
    }
    k->n = kept;
}

void keeper_look(struct keeper *k, bool again)
{
    for (size_t i = 0; i < k->n; i++)
        k->files[i].wanted = k->files[i].named && again;
    if (k->folder != NULL)
        look_in(k, k->folder, NULL);
    if (k->n > 0)
        qsort(k->files, k->n, sizeof *k->files, by_version);
    for (size_t i = 0; i < k->n; i++)
        if (k->files[i].wanted && is_due(k, &k->files[i], again))
            load(k, &k->files[i]);
    forget(k);
}

void keeper_start(struct keeper *k)
{
    struct die_guard guard;
    for (size_t i = 0; i < k->n; i++) {
        struct file *file = &k->files[i];
        identify(file->path, &file->seen);
        if (!service_load(k->service, file->name, file->version, file->path, &guard))
            die(guard.code, "%s", guard.message);
        file->loaded = file->seen;
        file->is_loaded = true;
    }
    if (k->folder == NULL)
        return;
    DIR *folder = opendir(k->folder);
    if (folder == NULL)
        die(EXIT_WORLD, "--watch %s:", k->folder);
    closedir(folder);
    keeper_look(k, true);
}

size_t keeper_reloads(const struct keeper *k)
{
    return atomic_load(&k->reloads);
}

size_t keeper_refusals(const struct keeper *k)
{
    return atomic_load(&k->refusals);
}
