#include "common/model/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/encoded.h"
#include "common/model/joint.h"

enum { BLOCK_PAIRS = 4096 };

struct predictor {
    const struct config *config;
    const struct model *model;
    struct pool *pool;
    const char *source;
    struct encoded sides[SIDES];
    size_t table_rows[SIDES];           // of the tables that the joints look at
    struct places places[SIDES];
    size_t places_room;                 // rows that places[SIDE_QUERY] is for
    const struct config_head **heads;   // (n)
    struct joint **joints;              // (n)
    bool *probabilities;                // (n) a classification
    size_t n;
    uint32_t *of[SIDES], *first;        // (BLOCK_PAIRS)
    struct arena arena;
};

static size_t place_of(const struct predictor *p, const struct config_head *head)
{
    size_t i = 0;
    while (i < p->n && p->heads[i] != head)
        i++;
    return i;
}

struct predictor *predictor_new(const struct config *config, const struct model *model, struct pool *pool)
{
    struct predictor *p = memory_zeros(1, sizeof *p);
    p->config = config;
    p->model = model;
    p->pool = pool;
    p->heads = arena_array(&p->arena, config->n_tasks, sizeof *p->heads);
    p->joints = arena_array(&p->arena, config->n_tasks, sizeof(struct joint *));
    p->probabilities = arena_zeros(&p->arena, config->n_tasks, sizeof *p->probabilities);
    for (size_t i = 0; i < config->n_tasks; i++) {
        const struct config_task *task = &config->tasks[i];
        if (task->head == NULL || place_of(p, task->head) < p->n)
            continue;
        p->probabilities[p->n] = task->which == TASK_CLASSIFICATION;
        p->joints[p->n] = joint_new(config, task->head, model);
        p->heads[p->n++] = task->head;
    }
    for (size_t s = 0; s < SIDES; s++)
        p->of[s] = arena_array(&p->arena, BLOCK_PAIRS, sizeof *p->of[s]);
    p->first = arena_array(&p->arena, BLOCK_PAIRS, sizeof *p->first);
    for (size_t i = 0; i < BLOCK_PAIRS; i++)
        p->first[i] = (uint32_t)i;
    return p;
}

void predictor_free(struct predictor *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n; i++)
        joint_free(p->joints[i]);
    for (size_t s = 0; s < SIDES; s++)
        encoded_free(&p->sides[s]);
    arena_free(&p->arena);
    free(p);
}

void predictor_looks(struct predictor *p, const struct frame *frame)
{
    if (is_table(frame, p->config->query.table))
        encoded_add(&p->sides[SIDE_QUERY], frame);
    if (is_table(frame, p->config->candidate.table))
        encoded_add(&p->sides[SIDE_CANDIDATE], frame);
}

void predictor_start(struct predictor *p, const char *source)
{
    const struct config_side *configs[SIDES] = {&p->config->query, &p->config->candidate};
    const struct frame *sides[SIDES];
    p->source = source;
    for (size_t s = 0; s < SIDES; s++) {
        sides[s] = encoded_frame(&p->sides[s]);
        if (sides[s] == NULL)
            die(EXIT_INPUT, "%s: no table %s: run vocab first", source, quoted_text(configs[s]->table));
        p->table_rows[s] = sides[s]->rows;
        p->places[s] = places_new(p->table_rows[s], &p->arena);
    }
    p->places_room = p->table_rows[SIDE_QUERY];
    for (size_t i = 0; i < p->n; i++) {
        joint_start(p->joints[i], sides, false);
        if (joint_dim(p->joints[i]) != 1)
            die(EXIT_INPUT, "%s: head %s gives %zu numbers, wanted one", p->heads[i]->place, quoted_text(p->heads[i]->name),
                joint_dim(p->joints[i]));
    }
}

size_t predictor_heads(const struct predictor *p, const struct config_head *const **heads)
{
    *heads = p->heads;
    return p->n;
}

static void number_rows(struct predictor *p, size_t side, const uint32_t *rows, struct joint_pairs *pairs)
{
    const struct config_side *config = side == SIDE_QUERY ? &p->config->query : &p->config->candidate;
    for (size_t i = 0; i < pairs->n; i++)
        if (rows[i] >= p->table_rows[side])
            die(EXIT_INPUT, "%s: a row refers to row %u of table %s, which has %zu rows", p->source, rows[i], quoted_text(config->table),
                p->table_rows[side]);
    joint_number(pairs, side, rows, &p->places[side], p->of[side]);
}

static void run_block(struct predictor *p, size_t head, const struct predictor_pairs *all, size_t from, size_t n, float *out)
{
    struct joint_pairs pairs = {.n = n, .batch = all->context};
    uint32_t *at = p->first;
    for (size_t i = 0; all->at == NULL && i < n; i++)
        at[i] = (uint32_t)(from + i);
    pairs.at = all->at != NULL ? all->at + from : at;
    number_rows(p, SIDE_QUERY, all->queries + from, &pairs);
    number_rows(p, SIDE_CANDIDATE, all->candidates + from, &pairs);
    const float *x = joint_forward(p->joints[head], &pairs, p->pool);
    for (size_t i = 0; i < n; i++) {
        out[i] = p->probabilities[head] ? 1 / (1 + expf(-x[i])) : x[i];
        if (!isfinite(out[i]))
            die(EXIT_INPUT, "%s: head %s predicts %g for query %u and candidate %u", p->source, quoted_text(p->heads[head]->name),
                (double)out[i], pairs.rows[SIDE_QUERY][i], pairs.rows[SIDE_CANDIDATE][i]);
    }
}

void predictor_asks(struct predictor *p, const struct frame *queries)
{
    for (size_t i = 0; i < p->n; i++)
        joint_side(p->joints[i], SIDE_QUERY, queries);
    p->table_rows[SIDE_QUERY] = queries->rows;
    if (queries->rows > p->places_room) {
        p->places[SIDE_QUERY] = places_new(queries->rows, &p->arena);
        p->places_room = queries->rows;
    }
}

void predictor_run(struct predictor *p, const struct config_head *head, const struct predictor_pairs *pairs, float *out)
{
    size_t number = place_of(p, head);
    for (size_t from = 0; from < pairs->n; from += BLOCK_PAIRS)
        run_block(p, number, pairs, from, pairs->n - from < BLOCK_PAIRS ? pairs->n - from : BLOCK_PAIRS, out + from);
}
