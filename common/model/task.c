#include "common/model/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/model/loss.h"
#include "common/model/pairing.h"
#include "common/model/tower.h"

// One of the two towers and what belongs to its evaluation.
struct half {
    const struct config_tower *config;
    const struct tower *tower;
    struct input_column *columns;   // (n_inputs) those of the side's table; of the interactions, those of the batch
    struct tower_run run;
    float *d_vectors;
    size_t capacity;
};

struct task {
    const struct config_task *config;
    struct loss *loss;
    struct pairing *pairing;
    struct half halves[TASK_SIDES];
    uint64_t seed;
    const char *source;             // the name of the stream, borrowed
};

struct task *task_new(const struct config *config, const struct config_task *from, const struct model *model)
{
    if (strcmp(from->kind.name, "retrieval") != 0)
        kind_unknown(&from->kind, "task", (const char *const[]){"retrieval"}, 1);
    struct task *task = memory_zeros(1, sizeof *task);
    task->config = from;
    task->loss = loss_new(&from->loss);
    task->pairing = pairing_new(config, from, task->loss->kind);
    task->seed = rng_fnv(config->seed ^ FNV_START, from->name, strlen(from->name));
    for (size_t s = 0; s < TASK_SIDES; s++) {
        struct half *half = &task->halves[s];
        half->config = s == TASK_QUERY ? from->query : from->candidate;
        half->tower = model_tower(model, half->config);
        half->columns = memory_zeros(half->tower->n_inputs, sizeof *half->columns);
        if (task->loss->kind->cosine &&
            (half->config->n_layers == 0 || strcmp(half->config->layers[half->config->n_layers - 1].name, "normalize") != 0))
            die(EXIT_INPUT, "%s: loss %s compares cosines: the last layer of tower %s has to be normalize()", from->place,
                task->loss->kind->name, quoted_text(half->config->name));
    }
    return task;
}

void task_takes(struct task *task, const struct frame *frame)
{
    pairing_takes(task->pairing, frame);
}

static void check_widths(const struct task *task)
{
    const struct config_task *config = task->config;
    size_t query = task->halves[TASK_QUERY].tower->dim, candidate = task->halves[TASK_CANDIDATE].tower->dim;
    if (query != candidate * config->heads)
        die(EXIT_INPUT, "%s: tower %s gives %zu numbers and tower %s %zu: they cannot be compared%s", config->place,
            quoted_text(config->query->name), query, quoted_text(config->candidate->name), candidate,
            config->heads > 1 ? ", but by as many heads as the first is wider" : "");
}

void task_start(struct task *task, const struct frame *const *sides, const char *source)
{
    task->source = source;
    check_widths(task);
    pairing_start(task->pairing, source);
    for (size_t s = 0; s < TASK_SIDES; s++) {
        struct half *half = &task->halves[s];
        half->run.training = true;
        for (size_t j = 0; j < half->tower->n_inputs; j++)
            if (!half->tower->inputs[j].interaction)
                half->columns[j] = input_column(&half->tower->inputs[j], sides[s]);
    }
}

//   rows     (n) of the side's table
//   at       (n) of the batch
static const float *forward(struct half *half, const struct frame *batch, const uint32_t *rows, const uint32_t *at, size_t n,
                            struct pool *pool)
{
    const struct tower *tower = half->tower;
    for (size_t j = 0; j < tower->n_inputs; j++) {
        if (tower->inputs[j].interaction)
            half->columns[j] = input_column(&tower->inputs[j], batch);
        half->columns[j].rows = tower->inputs[j].interaction ? at : rows;
    }
    half->d_vectors = memory_grow(half->d_vectors, &half->capacity, n * tower->dim, sizeof(float));
    return tower_forward(tower, &half->run, half->columns, n, pool);
}

double task_step(struct task *task, const struct frame *batch, uint64_t step, struct pool *pool)
{
    struct pairing *pairing = task->pairing;
    struct half *query = &task->halves[TASK_QUERY], *candidate = &task->halves[TASK_CANDIDATE];
    pairing_fill(pairing, batch, step, query->tower->contextual);
    struct loss_batch *b = &pairing->batch;
    if (b->n == 0)
        return 0;
    for (size_t s = 0; s < TASK_SIDES; s++)
        task->halves[s].run.seed = rng_bits(task->seed, step, s);
    b->query = forward(query, batch, pairing->queries, pairing->rows, b->n_queries, pool);
    b->candidate = forward(candidate, batch, pairing->candidates, NULL, b->n_candidates, pool);
    b->d_query = query->d_vectors;
    b->d_candidate = candidate->d_vectors;
    b->dim = candidate->tower->dim;
    double loss = loss_run(task->loss, b, pool);
    if (!isfinite(loss))
        die(EXIT_INPUT, "%s: step %llu: the loss of task %s is %g", task->source, (unsigned long long)step, quoted_text(task->config->name), loss);
    for (size_t s = 0; s < TASK_SIDES; s++)
        tower_backward(task->halves[s].tower, &task->halves[s].run, task->halves[s].d_vectors, pool);
    pairing_note(pairing);
    return loss;
}

void task_passes(struct task *task, const struct frame *batch)
{
    pairing_pass(task->pairing, batch);
}

void task_end(const struct task *task)
{
    pairing_end(task->pairing);
}

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    for (size_t s = 0; s < TASK_SIDES; s++) {
        struct half *half = &task->halves[s];
        tower_run_free(half->tower, &half->run);
        free(half->columns);
        free(half->d_vectors);
    }
    loss_free(task->loss);
    pairing_free(task->pairing);
    free(task);
}
