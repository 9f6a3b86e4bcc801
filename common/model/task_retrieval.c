// Two towers, and which candidate goes with a query: a loss over their products.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/model/evaluation.h"
#include "common/model/loss.h"
#include "common/model/pairing.h"
#include "common/model/task.h"

struct retrieval {
    struct task task;
    struct loss *loss;
    struct pairing *pairing;
    struct evaluation towers[SIDES];
    uint64_t seed;
};

static struct task *make(const struct config *config, const struct config_task *from, const struct model *model)
{
    struct retrieval *r = memory_zeros(1, sizeof *r);
    r->loss = loss_new(&from->loss);
    r->pairing = pairing_new(config, from, r->loss->kind);
    r->seed = rng_fnv(config->seed ^ FNV_START, from->name, strlen(from->name));
    for (size_t s = 0; s < SIDES; s++) {
        const struct config_tower *tower = s == SIDE_QUERY ? from->query : from->candidate;
        r->towers[s] = evaluation_new(model_tower(model, tower));
        if (r->loss->kind->cosine && (tower->n_layers == 0 || strcmp(tower->layers[tower->n_layers - 1].name, "normalize") != 0))
            die(EXIT_INPUT, "%s: loss %s compares cosines: the last layer of tower %s has to be normalize()", from->place,
                r->loss->kind->name, quoted_text(tower->name));
    }
    return &r->task;
}

static void takes(struct task *task, const struct frame *frame)
{
    pairing_takes(((struct retrieval *)task)->pairing, frame);
}

static void check_widths(const struct retrieval *r)
{
    const struct config_task *config = r->task.config;
    size_t query = r->towers[SIDE_QUERY].tower->dim, candidate = r->towers[SIDE_CANDIDATE].tower->dim;
    if (query != candidate * config->heads)
        die(EXIT_INPUT, "%s: tower %s gives %zu numbers and tower %s %zu: they cannot be compared%s", config->place,
            quoted_text(config->query->name), query, quoted_text(config->candidate->name), candidate,
            config->heads > 1 ? ", but by as many heads as the first is wider" : "");
}

static void start(struct task *task, const struct frame *const *sides, const char *source)
{
    struct retrieval *r = (struct retrieval *)task;
    check_widths(r);
    pairing_start(r->pairing, source);
    for (size_t s = 0; s < SIDES; s++)
        evaluation_start(&r->towers[s], sides[s], true);
}

static double step(struct task *task, const struct frame *batch, uint64_t number, struct pool *pool)
{
    struct retrieval *r = (struct retrieval *)task;
    struct evaluation *query = &r->towers[SIDE_QUERY], *candidate = &r->towers[SIDE_CANDIDATE];
    pairing_fill(r->pairing, batch, number, query->tower->contextual);
    struct loss_batch *b = &r->pairing->batch;
    if (b->n == 0)
        return 0;
    for (size_t s = 0; s < SIDES; s++)
        r->towers[s].run.seed = rng_bits(r->seed, number, s);
    b->query = evaluation_forward(query, batch, r->pairing->queries, r->pairing->rows, b->n_queries, pool);
    b->candidate = evaluation_forward(candidate, batch, r->pairing->candidates, NULL, b->n_candidates, pool);
    b->d_query = query->d_vectors;
    b->d_candidate = candidate->d_vectors;
    b->dim = candidate->tower->dim;
    double loss = loss_run(r->loss, b, pool);
    for (size_t s = 0; s < SIDES && isfinite(loss); s++)
        evaluation_backward(&r->towers[s], pool);
    pairing_note(r->pairing);
    return loss;
}

static void passes(struct task *task, const struct frame *batch)
{
    pairing_pass(((struct retrieval *)task)->pairing, batch);
}

static void end(const struct task *task)
{
    pairing_end(((const struct retrieval *)task)->pairing);
}

static void release(struct task *task)
{
    struct retrieval *r = (struct retrieval *)task;
    for (size_t s = 0; s < SIDES; s++)
        evaluation_free(&r->towers[s]);
    loss_free(r->loss);
    pairing_free(r->pairing);
    free(r);
}

const struct task_kind task_retrieval = {
    .make = make, .takes = takes, .start = start, .step = step, .passes = passes, .end = end, .release = release,
};
