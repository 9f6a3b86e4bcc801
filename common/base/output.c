#define _POSIX_C_SOURCE 200809L
#include "common/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"

// The files under construction, removed if the process ends early: a stage has one, and a checkpoint is another.
enum { UNFINISHED_MAX = 8, BUFFER_BYTES = 256 << 10 };
static const char *unfinished[UNFINISHED_MAX];

static void remove_unfinished(void)
{
    for (size_t i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i] != NULL)
            unlink(unfinished[i]);
}

static void set_unfinished(const char *before, const char *after)
{
    static bool registered;
    if (!registered)
        atexit(remove_unfinished);
    registered = true;
    for (size_t i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i] == before) {
            unfinished[i] = after;
            return;
        }
}

struct output output_open(const char *path)
{
    struct output output = {.name = path, .fd = STDOUT_FILENO};
    struct stat status;
    if (strcmp(path, "-") == 0) {
        output.name = "<stdout>";
        return output;
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        output.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (output.fd < 0)
            die(EXIT_WORLD, "open %s:", path);
        return output;
    }
    struct bytes temporary = {0}, final = {0};
    bytes_printf(&temporary, "%s.tmp", path);
    bytes_printf(&final, "%s", path);
    output.temporary_path = temporary.data;
    output.final_path = final.data;
    output.fd = open(output.temporary_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output.fd < 0)
        die(EXIT_WORLD, "create %s:", output.temporary_path);
    set_unfinished(NULL, output.temporary_path);
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
    if ((output->file != NULL ? fclose(output->file) : close(output->fd)) != 0)
        die(EXIT_WORLD, "close %s:", output->name);
    if (output->final_path == NULL)
        return;
    if (rename(output->temporary_path, output->final_path) != 0)
        die(EXIT_WORLD, "rename %s to %s:", output->temporary_path, output->final_path);
    set_unfinished(output->temporary_path, NULL);
    free(output->temporary_path);
    free(output->final_path);
    *output = (struct output){.fd = -1};
}
