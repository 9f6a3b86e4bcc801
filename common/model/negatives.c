// q of a candidate is its expected number among a step's draws, as a share of all draws:
//
//     q(c) = sum over samplers s of n_s q_s(c) / N,    N = sum of n_s
//
// the mixture of mixed negative sampling; draws of one example count as those of the batch do. A candidate that an example
// lists itself is there once for certain, so its share for that example is q(c) + 1 / N. Without any draws nothing is corrected, nor with the
// whole catalogue alone, whose q is one number.
#include "common/model/negatives.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"

struct negatives {
    const struct config_task *task;
    struct sampler **samplers;   // (n)
    size_t n;
    bool logq;
    unsigned char *certain;      // beside batch.own, from negatives_own to negatives_weigh: the example lists it
    struct arena arena;
};

struct negatives *negatives_new(const struct config *config, const struct config_task *task, const struct loss_kind *loss)
{
    struct negatives *neg = memory_zeros(1, sizeof *neg);
    struct call *calls = task->negatives;
    size_t n = task->n_negatives > 0 ? task->n_negatives : call_list(&neg->arena, loss->negatives, task->place, &calls);
    neg->task = task;
    neg->samplers = arena_array(&neg->arena, n, sizeof *neg->samplers);
    for (; neg->n < n; neg->n++)
        neg->samplers[neg->n] = sampler_new(&calls[neg->n], rng_bits(config->seed, rng_fnv(FNV_START, task->name, strlen(task->name)), neg->n));
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (neg->samplers[i]->kind == neg->samplers[j]->kind && neg->samplers[i]->column == NULL)
                die(EXIT_INPUT, "%s: negatives: %s stands there twice", neg->samplers[i]->place, neg->samplers[i]->kind->name);
    bool whole = n == 1 && strcmp(neg->samplers[0]->kind->name, "all") == 0;
    neg->logq = task->logq && loss->logq && !whole;
    return neg;
}

bool negatives_are_own(const struct negatives *neg)
{
    for (size_t i = 0; i < neg->n; i++)
        if (sampler_each(neg->samplers[i]))
            return true;
    return false;
}

bool negatives_are_listed(const struct negatives *neg)
{
    for (size_t i = 0; i < neg->n; i++)
        if (neg->samplers[i]->column != NULL)
            return true;
    return false;
}

void negatives_start(struct negatives *neg, const struct sampler_catalogue *catalogue)
{
    for (size_t i = 0; i < neg->n; i++)
        sampler_start(neg->samplers[i], catalogue);
}

void negatives_share(const struct negatives *neg, const struct examples *t, uint64_t step, struct places *candidates, struct loss_batch *batch,
                     struct arena *arena)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < neg->n; i++)
        total += sampler_each(neg->samplers[i]) ? 0 : sampler_size(neg->samplers[i], t->n);
    uint32_t *draws = arena_array(arena, total, sizeof *draws), *times = arena_zeros(arena, total, sizeof *times);
    batch->among = false;
    for (size_t i = 0; i < neg->n; i++) {
        const struct sampler *s = neg->samplers[i];
        size_t n = sampler_each(s) ? 0 : sampler_size(s, t->n);
        if (s->kind->batch) {
            batch->among = true;
            memcpy(draws + at, t->rows[SIDE_CANDIDATE], n * sizeof *draws);
        } else if (n > 0) {
            s->kind->draw(s, step, 0, n, draws + at);
        }
        at += n;
    }
    for (size_t i = 0; i < total; i++)
        times[places_of(candidates, draws[i])]++;
    batch->times = times;
}

// The negatives of one example, and which of them are certain. Its own positive is none.
static size_t own_of_example(const struct negatives *neg, struct listed *listed, const struct frame *frame, const struct examples *t, size_t i,
                             uint64_t step, uint32_t *own, unsigned char *certain)
{
    size_t n = 0;
    for (size_t k = 0; k < neg->n; k++) {
        const struct sampler *s = neg->samplers[k];
        size_t many, first = n;
        if (!sampler_each(s))
            continue;
        if (s->column != NULL) {
            many = listed_rows(listed, frame, s->column, t->at[i], own + n);
        } else {
            many = sampler_size(s, t->n);
            s->kind->draw(s, step, i * many, many, own + n);
        }
        for (size_t j = 0; j < many; j++) {
            if (own[first + j] == t->rows[SIDE_CANDIDATE][i] && (s->column != NULL || neg->task->remove_hits))
                continue;
            certain[n] = s->column != NULL;
            own[n++] = own[first + j];
        }
    }
    return n;
}

void negatives_own(struct negatives *neg, struct listed *listed, const struct frame *frame, const struct examples *t, uint64_t step,
                   struct places *candidates, struct loss_batch *batch, struct arena *arena)
{
    size_t room = 0;
    for (size_t k = 0; k < neg->n; k++) {
        const struct sampler *s = neg->samplers[k];
        if (sampler_each(s))
            room += s->column != NULL ? listed_values(listed, frame, s->column) : t->n * sampler_size(s, t->n);
    }
    if (room >= INT32_MAX)
        die(EXIT_INPUT, "%s: the examples of a batch have %zu negatives of their own: make batches smaller", frame->place, room);
    uint32_t *own = arena_array(arena, room, sizeof *own), *starts = arena_array(arena, t->n + 1, sizeof *starts);
    neg->certain = arena_array(arena, room, 1);
    starts[0] = 0;
    for (size_t i = 0; i < t->n; i++)
        starts[i + 1] = starts[i] + (uint32_t)own_of_example(neg, listed, frame, t, i, step, own + starts[i], neg->certain + starts[i]);
    for (size_t i = 0; i < starts[t->n]; i++)
        own[i] = places_of(candidates, own[i]);
    batch->own_starts = starts;
    batch->own = own;
}

void negatives_weigh(const struct negatives *neg, const struct examples *t, const struct places *candidates, struct loss_batch *batch,
                     struct arena *arena)
{
    double draws = 0;
    for (size_t i = 0; i < neg->n; i++)
        draws += (double)sampler_size(neg->samplers[i], t->n);
    if (!neg->logq || draws == 0)
        return;
    float *q = arena_array(arena, candidates->n, sizeof *q);
    for (size_t c = 0; c < candidates->n; c++) {
        double sum = 0;
        for (size_t i = 0; i < neg->n; i++)
            sum += (double)sampler_size(neg->samplers[i], t->n) * neg->samplers[i]->kind->probability(neg->samplers[i], candidates->rows[c]);
        q[c] = (float)(sum / draws);
    }
    batch->probability = q;
    if (batch->own == NULL)
        return;
    float *own = arena_array(arena, batch->own_starts[t->n], sizeof *own);
    for (size_t i = 0; i < batch->own_starts[t->n]; i++)
        own[i] = q[batch->own[i]] + (neg->certain[i] ? (float)(1 / draws) : 0);
    batch->own_probability = own;
}

void negatives_note(struct negatives *neg, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < neg->n; i++)
        if (neg->samplers[i]->kind->note != NULL)
            neg->samplers[i]->kind->note(neg->samplers[i], rows, n);
}

void negatives_free(struct negatives *neg)
{
    if (neg == NULL)
        return;
    for (size_t i = 0; i < neg->n; i++)
        sampler_free(neg->samplers[i]);
    arena_free(&neg->arena);
    free(neg);
}
