// A fuzzer of the bodies of requests: every format parses, answers and writes what libFuzzer makes up, against the index in $FUZZ_INDEX.
//
//     make CC=clang SANITIZE=address,undefined,fuzzer-no-link build/address-undefined-fuzzer-no-link/fuzz_predict
//     FUZZ_INDEX=m.index build/address-undefined-fuzzer-no-link/fuzz_predict -detect_leaks=0 -max_total_time=600
//
// Give it a folder of bodies to begin with, such as those in tests/stage_serve.bats. The first byte chooses the format. A die within the guard is an answer; anything else that ends the process is found.
#include <stdint.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/serve/ticket.h"

static struct service *service;

static const struct format *const formats[] = {&format_tfs_predict, &format_v2_infer, &format_api_recommend};

struct run {
    struct ticket *ticket;
    struct arena *arena;
};

static void answer(void *context)
{
    struct run *run = context;
    struct ticket *ticket = run->ticket;
    struct recommender *r = ticket->model->recommenders[0];
    ticket->format->parse(ticket, r, run->arena);
    struct question **questions = arena_array(run->arena, ticket->n + 1, sizeof *questions);
    for (size_t i = 0; i < ticket->n; i++)
        questions[i] = &ticket->questions[i];
    questions_answer(ticket->model, r, questions, ticket->n, run->arena);
    ticket->format->write(ticket, r, &ticket->request->out, run->arena);
    // What is said is JSON.
    json_t *json = json_loadb(ticket->request->out.data, ticket->request->out.length, JSON_ALLOW_NUL, NULL);
    if (json == NULL)
        abort();
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    struct die_guard guard;
    const char *path = getenv("FUZZ_INDEX");
    service = service_new(1);
    if (path == NULL || !service_load(service, "m", 1, path, &guard))
        die(EXIT_USAGE, "FUZZ_INDEX: wanted an index");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    if (size == 0)
        return 0;
    struct die_guard guard;
    struct http_request request = {.body = (const char *)data + 1, .body_bytes = size - 1, .began_s = clock_seconds()};
    struct ticket ticket = {.request = &request, .format = formats[data[0] % 3], .model = service_get(service, "m", 0)};
    (void)!die_guarded(&guard, answer, &(struct run){&ticket, &arena});
    service_put(ticket.model);
    json_decref(ticket.json);
    free(request.out.data);
    arena_reset(&arena);
    return 0;
}
