// serve: an index file answers over HTTP.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/clock.h"
#include "common/base/stage.h"
#include "common/math/matrix.h"
#include "common/serve/keeper.h"
#include "common/serve/loaded.h"
#include "common/serve/server.h"

static const char *listen_on = "127.0.0.1:8501", *folder, *token_path, *log_path;
static size_t threads, batch = 64, wait_us = 500, queue = 1024, connections = 4096, timeout_s = 30, body_bytes = 1 << 20, head_bytes = 32 << 10;
static bool check;

static const struct arg args[] = {
    ARG_TEXT('l', "listen", &listen_on, "HOST:PORT", "listen there; port 0: a free one"),
    ARG_TEXT('w', "watch", &folder, "DIR", "load DIR/NAME/VERSION.index, the newest, and DIR/NAME.index, also when they come later"),
    ARG_TEXT(0, "token-file", &token_path, "FILE", "ask for the bearer token that stands in FILE"),
    ARG_TEXT(0, "log", &log_path, "FILE", "append a line of JSON a request to FILE; -: stdout"),
    ARG_FLAG(0, "check", &check, "only check that the files answer"),
    ARG_COUNT(0, "threads", &threads, 0, 64, "N", "worker threads; 0: one a processor"),
    ARG_COUNT(0, "batch", &batch, 1, 4096, "N", "requests that a worker answers together at most"),
    ARG_COUNT(0, "batch-wait-us", &wait_us, 0, 1000000, "N", "microseconds to wait for as many as the last time"),
    ARG_COUNT(0, "queue", &queue, 1, 1 << 20, "N", "requests that may wait; past them 429"),
    ARG_COUNT(0, "connections", &connections, 1, 1 << 20, "N", "connections at once"),
    ARG_COUNT(0, "timeout", &timeout_s, 1, 3600, "N", "seconds that a request may take to come, or an answer to be taken"),
    ARG_BYTES(0, "body", &body_bytes, "SIZE", "the longest body of a request"),
    ARG_BYTES(0, "head", &head_bytes, "SIZE", "the longest first line and headers of a request"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "answer over HTTP from the index in a file",
    .synopsis = "[--listen HOST:PORT] [--watch DIR] [FILE | NAME=FILE]...",
    .example = "serve --check movies.index",
    .see_also = "index, rank",
    .operands_max = 8,
    .no_output = true,
};

// Returns the path, and the name of the model: what stands before the equals sign or, without one, the file's name up to its first dot.
static const char *split_operand(const char *operand, char name[256])
{
    const char *equals = strchr(operand, '='), *path = operand;
    if (equals != NULL && memchr(operand, '/', (size_t)(equals - operand)) == NULL)
        path = equals + 1;
    const char *slash = strrchr(path, '/'), *from = path != operand ? operand : slash != NULL ? slash + 1 : path;
    size_t length = path != operand ? (size_t)(equals - operand) : strcspn(from, ".");
    if (length == 0 || length >= 256)
        die_usage("%s: wanted FILE or NAME=FILE", quoted_text(operand));
    memcpy(name, from, length);
    name[length] = '\0';
    return path;
}

// Until it is told to end.
static void wait_for_end(struct keeper *keeper, struct server *server, const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    for (;;) {
        int number = sigtimedwait(signals, NULL, &second);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP || folder != NULL)
            keeper_look(keeper, number == SIGHUP);
        server_log(server, number == SIGHUP);
    }
}

// The signals that are waited for, blocked in every thread.
static sigset_t block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signals;
}

// The first line of the file.
static const char *read_token(char *token, size_t size)
{
    FILE *file = fopen(token_path, "r");
    if (file == NULL)
        die(EXIT_WORLD, "open %s:", token_path);
    if (fgets(token, (int)size, file) == NULL)
        token[0] = '\0';
    fclose(file);
    token[strcspn(token, "\r\n")] = '\0';
    if (token[0] == '\0')
        die(EXIT_INPUT, "%s: no token: its first line is empty", token_path);
    return token;
}

static void check_files(void)
{
    char name[256];
    for (size_t i = 0; i < stage.n_operands; i++)
        loaded_check(split_operand(stage.operands[i], name));
}

int main(int argc, char **argv)
{
    char name[256], token[1024];
    stage_begin(argc, argv, &usage, args);
    if (stage.n_operands == 0 && folder == NULL)
        die_usage("no index: wanted FILE, NAME=FILE or --watch DIR");
    if (check) {
        check_files();
        stage_end("files=%zu", stage.n_operands);
        return 0;
    }
    sigset_t signals = block_signals();
    threads = stage_threads(threads);
    matrix_reserve(threads + 1);
    struct service *service = service_new(threads);
    struct keeper *keeper = keeper_new(service, folder);
    for (size_t i = 0; i < stage.n_operands; i++) {
        const char *path = split_operand(stage.operands[i], name);
        keeper_add(keeper, name, path);
    }
    keeper_start(keeper);
    struct server *server = server_start(&(struct server_options){
        .http = {.listen = listen_on, .threads = threads, .connections = connections, .body_bytes = body_bytes, .head_bytes = head_bytes,
                 .timeout_s = timeout_s, .bodies_bytes = stage.memory_bytes / 4},
        .service = service, .threads = threads, .batch = batch, .wait_us = wait_us, .queue = queue,
        .token = token_path != NULL ? read_token(token, sizeof token) : NULL, .log = log_path, .keeper = keeper,
    });
    if (!progress_quiet)
        fprintf(stderr, "serve: listening on http://%s\n", server_address(server));
    wait_for_end(keeper, server, &signals);
    server_stop(server);
    stage_end("threads=%zu reloads=%zu", threads, keeper_reloads(keeper));
    return 0;
}
