// Runs a command once for every byte of a stream with that byte as the fault, many starts a second. With STEP=n in the
// environment, only every n-th byte: sanitizers make a start slow.
//
//     faults cut  FILE OUTPUT COMMAND...     stdin is FILE cut before the byte
//     faults flip FILE OUTPUT COMMAND...     stdin is FILE with one bit of the byte turned
//
// The word {} in COMMAND stands for a path of its own for OUTPUT. Each run must end with exit code 3 and one line on stderr,
// and leave nothing under that path. Prints the number of runs, or the first that did otherwise, and then fails.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, BYTES_MAX = 1 << 20 };

static char data[BYTES_MAX], altered[BYTES_MAX];
static size_t length, step = 1;

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void run_child(int in, int err, char **command)
{
    int null = open("/dev/null", O_WRONLY);
    if (dup2(in, 0) < 0 || dup2(null, 1) < 0 || dup2(err, 2) < 0)
        _exit(97);
    execvp(command[0], command);
    _exit(98);
}

// Whether the command took the bytes as a fault should be taken.
static bool run(const char *bytes, size_t n, size_t at, char **command, const char *output)
{
    int in = memfd_create("stdin", 0), err = memfd_create("stderr", 0), status;
    if (in < 0 || err < 0 || write(in, bytes, n) != (ssize_t)n || lseek(in, 0, SEEK_SET) != 0)
        fail("memfd");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        run_child(in, err, command);
    waitpid(child, &status, 0);
    char said[1000];
    ssize_t said_bytes = pread(err, said, sizeof said - 1, 0);
    said[said_bytes > 0 ? said_bytes : 0] = '\0';
    close(in);
    close(err);
    const char *newline = strchr(said, '\n');
    bool one_line = newline != NULL && newline[1] == '\0';
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 3 && one_line && access(output, F_OK) != 0;
    if (!good)
        printf("byte %zu of %zu: status %x, %s; stderr: %s\n", at, length, status,
               access(output, F_OK) == 0 ? "there is an output" : "no output", said);
    return good;
}

static bool work(int worker, bool cut, const char *output, char **words)
{
    char own[4096], *command[64];
    size_t n = 0;
    snprintf(own, sizeof own, "%s.%d", output, worker);
    for (; words[n] != NULL && n < 63; n++)
        command[n] = strcmp(words[n], "{}") == 0 ? own : words[n];
    command[n] = NULL;
    memcpy(altered, data, length);
    for (size_t at = (size_t)worker * step; at < length; at += WORKERS * step) {
        altered[at] = (char)(data[at] ^ 1 << at % 8);
        if (!run(cut ? data : altered, cut ? at : length, at, command, own))
            return false;
        altered[at] = data[at];
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    if (getenv("STEP") != NULL && atoi(getenv("STEP")) > 0)
        step = (size_t)atoi(getenv("STEP"));
    FILE *file = fopen(argv[2], "r");
    if (file == NULL)
        fail(argv[2]);
    length = fread(data, 1, sizeof data, file);
    fclose(file);
    pid_t workers[WORKERS];
    bool good = true;
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            good = work(i, strcmp(argv[1], "cut") == 0, argv[3], argv + 4);
            fflush(stdout);
            _exit(good ? 0 : 1);
        }
    }
    for (int i = 0, status; i < WORKERS; i++) {
        waitpid(workers[i], &status, 0);
        good &= status == 0;
    }
    if (good)
        printf("%zu runs\n", (length + step - 1) / step);
    return good ? 0 : 1;
}
