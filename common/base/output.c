#define _XOPEN_SOURCE 700  // realpath
#include "common/base/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/rng.h"

// The files under construction, removed if the process ends early: a stage has one, and a checkpoint is another.
enum { UNFINISHED_MAX = 8, BUFFER_BYTES = 256 << 10, LINKS_MAX = 40 };
static struct unfinished {
    char *_Atomic temporary_path;
    char *final_path;
} unfinished[UNFINISHED_MAX];

void output_abandon(void)
{
    for (size_t i = 0; i < UNFINISHED_MAX; i++) {
        const char *path = unfinished[i].temporary_path;
        if (path != NULL)
            unlink(path);
    }
}

static void end_by(int signal_number)
{
    output_abandon();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

// What is ignored, as under nohup, stays so.
static void clean_at_the_end(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
    static bool registered;
    if (registered)
        return;
    registered = true;
    atexit(output_abandon);
    at_quick_exit(output_abandon);  // die
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        sigaction(signals[i], NULL, &action);
        if (action.sa_handler != SIG_DFL)
            continue;
        action.sa_handler = end_by;
        sigaction(signals[i], &action, NULL);
    }
}

// The path without symbolic links of a file that may not exist yet, though its folder does; NULL with errno otherwise. Owned by the caller.
static char *resolve(const char *path, size_t links)
{
    char *whole = realpath(path, NULL);
    if (whole != NULL || errno != ENOENT || links > LINKS_MAX)
        return whole;
    const char *slash = strrchr(path, '/');
    struct bytes folder = {0}, next = {0};
    bytes_add(&folder, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
        target[length] = '\0';
        bytes_printf(&next, "%s%s", target[0] == '/' ? "" : folder.data, target);
        whole = resolve(next.data, links + 1);
    } else {
        char *real = realpath(folder.length > 0 ? folder.data : ".", NULL);
        if (real != NULL)
            bytes_printf(&next, "%s/%s", real, slash != NULL ? slash + 1 : path);
        free(real);
        whole = next.data;
        next.data = NULL;
    }
    free(folder.data);
    free(next.data);
    return whole;
}

bool output_same(const char *a, const char *b)
{
    struct stat of_a, of_b;
    bool is_a = stat(a, &of_a) == 0, is_b = stat(b, &of_b) == 0;
    if (is_a || is_b)
        return is_a && is_b && S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    char *real_a = resolve(a, 0), *real_b = resolve(b, 0);
    bool same = real_a != NULL && real_b != NULL && strcmp(real_a, real_b) == 0;
    free(real_a);
    free(real_b);
    return same;
}

// A file beside the final one under a name that nobody else has. The name is known before the file is there, so that a signal between leaves none.
static int create_temporary(struct unfinished *place, const char *final_path)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (uint64_t attempt = 0;; attempt++) {
        struct bytes path = {0};
        uint64_t bits = rng_bits((uint64_t)getpid(), (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, attempt);
        bytes_printf(&path, "%s.tmp-%06x", final_path, (unsigned)(bits >> 40));
        place->temporary_path = path.data;
        int fd = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0)
            return fd;
        place->temporary_path = NULL;
        if (errno != EEXIST)
            die(EXIT_WORLD, "create %s:", final_path);
        free(path.data);
    }
}

static struct unfinished *free_place(const char *final_path)
{
    struct unfinished *place = NULL;
    for (size_t i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].temporary_path == NULL)
            place = &unfinished[i];
        else if (strcmp(unfinished[i].final_path, final_path) == 0)
            die(EXIT_USAGE, "%s: two outputs to one file", final_path);
    assert(place != NULL);
    return place;
}

struct output output_open(const char *path)
{
    struct output output = {.name = path, .fd = STDOUT_FILENO};
    struct stat status;
    if (strcmp(path, "-") == 0) {
        static bool taken;
        if (taken)
            die(EXIT_USAGE, "<stdout>: two outputs to one file");
        taken = true;
        output.name = "<stdout>";
        return output;
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        output.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (output.fd < 0)
            die(EXIT_WORLD, "open %s:", path);
        return output;
    }
    clean_at_the_end();
    output.final_path = resolve(path, 0);
    if (output.final_path == NULL)
        die(EXIT_WORLD, "create %s:", path);
    struct unfinished *place = free_place(output.final_path);
    place->final_path = output.final_path;
    output.fd = create_temporary(place, output.final_path);
    output.temporary_path = place->temporary_path;
    return output;
}

void output_write(const struct output *output, const void *data, size_t length)
{
    for (const char *p = data; length > 0;) {
        ssize_t done = write(output->fd, p, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            die(EXIT_WORLD, "write %s:", output->name);
        p += done;
        length -= (size_t)done;
    }
}

FILE *output_file(struct output *output)
{
    output->file = output->fd == STDOUT_FILENO ? stdout : fdopen(output->fd, "w");
    if (output->file == NULL)
        die(EXIT_WORLD, "open %s:", output->name);
    setvbuf(output->file, NULL, _IOFBF, BUFFER_BYTES);
    return output->file;
}

void output_close(struct output *output)
{
    if (output->file != NULL && (fflush(output->file) != 0 || ferror(output->file)))
        die(EXIT_WORLD, "write %s:", output->name);
    if (output->durable && output->final_path != NULL && fsync(output->fd) != 0)
        die(EXIT_WORLD, "write %s:", output->name);
    if ((output->file != NULL ? fclose(output->file) : close(output->fd)) != 0)
        die(EXIT_WORLD, "close %s:", output->name);
    if (output->final_path == NULL)
        return;
    if (rename(output->temporary_path, output->final_path) != 0)
        die(EXIT_WORLD, "rename %s to %s:", output->temporary_path, output->final_path);
    for (size_t i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].temporary_path == output->temporary_path)
            unfinished[i].temporary_path = NULL;
    free(output->temporary_path);
    free(output->final_path);
    *output = (struct output){.fd = -1};
}
