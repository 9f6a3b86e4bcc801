// Self-supervision: two views of a row, each with some of its features masked, are to be nearer to each other than to those of other rows.
//
// A step draws rows of the tower's table, all alike, so that rare candidates take part as often as popular ones; retrieval sees them by popularity.
// The loss is InfoNCE: the softmax of cos(z_i, z'_i) / temperature against cos(z_i, z'_j) of the other rows drawn. Masks, from Yao et al. 2021,
// "Self-supervised Learning for Large-scale Item Recommendations": `correlated` masks an input drawn at random and those that tell most of it
// (relatedness.h), half of all inputs, in the one view, and the other half in the other, so that a view cannot be told from what it shares; `random`
// masks each input of each view with a probability. A masked input is zeros. Dropout layers of the tower make the views differ besides, or, with
// `none`, alone.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/math/rows.h"
#include "common/model/evaluation.h"
#include "common/model/loss.h"
#include "common/model/relatedness.h"
#include "common/model/task.h"

enum { TEMPERATURE, ROWS, MASK, RATE };
enum mask { MASK_CORRELATED, MASK_RANDOM, MASK_NONE, MASKS };
enum { VIEWS = 2 };

static const char *const mask_names[MASKS] = {"correlated", "random", "none"};

const struct kind_arg infonce_args[] = {
    {"temperature", KIND_REAL, 0.1, 1e-6, 1e6, "cosines are divided by it"},
    {"rows", KIND_COUNT, 256, 2, 1 << 20, "rows drawn a step"},
    {"mask", KIND_WORD, 0, 0, 0, "correlated, random or none; correlated unless given"},
    {"rate", KIND_REAL, 0.5, 0, 1, "of random: the probability of an input to be masked"},
    {0},
};

struct contrastive {
    struct task task;
    size_t side, table_rows;
    const char *table;
    double args[KIND_ARGS_MAX];
    enum mask mask;
    struct loss *loss;
    struct evaluation views[VIEWS];
    size_t *order;               // (n_inputs, n_inputs) for each input, all by how much they tell of it, itself first
    struct places places;
    uint64_t seed;
    struct arena arena, scratch; // scratch: of one step
};

static enum mask mask_of(const struct call *call)
{
    const char *word = kind_text(call, infonce_args, MASK);
    for (int m = 0; m < MASKS; m++)
        if (word == NULL || strcmp(mask_names[m], word) == 0)
            return (enum mask)m;
    const char *near = nearest_word(word, mask_names, MASKS);
    die(EXIT_INPUT, "%s: infonce: unknown mask %s, %s%s", call->place, quoted_text(word), near != NULL ? "did you mean " : "known are ",
        near != NULL ? near : "correlated, random, none");
}

static struct task *make(const struct config *config, const struct config_task *from, const struct model *model)
{
    struct contrastive *c = memory_zeros(1, sizeof *c);
    const struct tower *tower = model_tower(model, from->tower);
    if (strcmp(from->loss.name, "infonce") != 0)
        kind_unknown(&from->loss, "loss of views", (const char *const[]){"infonce"}, 1);
    kind_read(&from->loss, infonce_args, c->args);
    c->mask = mask_of(&from->loss);
    if (tower->contextual)
        die(EXIT_INPUT, "%s: tower %s reads columns of the interactions: a row of its table alone has no view", from->place,
            quoted_text(from->tower->name));
    if (c->mask != MASK_NONE && tower->n_inputs < 2)
        die(EXIT_INPUT, "%s: tower %s has one input: nothing of it can be masked, but mask = none leaves it to dropout", from->place,
            quoted_text(from->tower->name));
    struct call softmax = call_parse(&c->arena, arena_printf(&c->arena, "softmax(temperature=%.9g)", c->args[TEMPERATURE]), from->place);
    c->loss = loss_new(&softmax);
    c->side = from->tower->side == &config->candidate ? SIDE_CANDIDATE : SIDE_QUERY;
    c->table = from->tower->side->table;
    for (size_t v = 0; v < VIEWS; v++)
        c->views[v] = evaluation_new(tower);
    c->seed = rng_fnv(config->seed ^ FNV_START, from->name, strlen(from->name));
    return &c->task;
}

static void takes(struct task *task, const struct frame *frame)
{
    struct contrastive *c = (struct contrastive *)task;
    if (is_table(frame, c->table))
        c->table_rows += frame->rows;
}

// For each input, all by how much they tell of it.
static void order_inputs(struct contrastive *c)
{
    const struct tower *tower = c->views[0].tower;
    size_t n = tower->n_inputs;
    double *told = arena_array(&c->arena, n * n, sizeof *told);
    relatedness(tower->inputs, c->views[0].columns, n, c->table_rows, told);
    c->order = arena_array(&c->arena, n * n, sizeof *c->order);
    for (size_t j = 0; j < n; j++) {
        size_t *order = c->order + j * n;
        told[j * n + j] = INFINITY;
        for (size_t k = 0; k < n; k++) {
            size_t at = k;
            for (; at > 0 && told[j * n + order[at - 1]] < told[j * n + k]; at--)
                order[at] = order[at - 1];
            order[at] = k;
        }
    }
}

static void start(struct task *task, const struct frame *const *sides, const char *source)
{
    struct contrastive *c = (struct contrastive *)task;
    if (c->table_rows < 2)
        die(EXIT_INPUT, "%s: table %s has %zu rows: task %s sets them apart from each other", source, quoted_text(c->table), c->table_rows,
            quoted_text(task->config->name));
    for (size_t v = 0; v < VIEWS; v++)
        evaluation_start(&c->views[v], sides[c->side], true);
    c->places = places_new(c->table_rows, &c->arena);
    if (c->mask == MASK_CORRELATED)
        order_inputs(c);
}

// Which inputs a row keeps in each view: keep[v] is (n, n_inputs).
static void draw_masks(const struct contrastive *c, size_t n, uint64_t seed, unsigned char *const *keep)
{
    size_t inputs = c->views[0].tower->n_inputs;
    for (size_t i = 0; i < n; i++) {
        const size_t *order = c->order != NULL ? c->order + rng_below(rng_bits(seed, i, 0), inputs) * inputs : NULL;
        for (size_t j = 0; j < inputs && order != NULL; j++) {
            keep[0][i * inputs + order[j]] = j >= (inputs + 1) / 2;
            keep[1][i * inputs + order[j]] = j < (inputs + 1) / 2;
        }
        for (size_t v = 0; v < VIEWS && order == NULL; v++) {
            bool any = false;
            for (size_t j = 0; j < inputs; j++)
                any |= keep[v][i * inputs + j] = c->mask == MASK_NONE || rng_unit(rng_bits(seed, i, 1 + v * inputs + j)) >= c->args[RATE];
            keep[v][i * inputs + rng_below(rng_bits(seed, i, 1 + VIEWS * inputs + v), inputs)] |= !any;
        }
    }
}

static double step(struct task *task, const struct frame *batch, uint64_t number, struct pool *pool)
{
    (void)batch;
    struct contrastive *c = (struct contrastive *)task;
    const struct tower *tower = c->views[0].tower;
    size_t dim = tower->dim;
    arena_reset(&c->scratch);
    c->places.n = 0;
    for (size_t i = 0; i < (size_t)c->args[ROWS]; i++)
        (void)places_of(&c->places, (uint32_t)rng_below(rng_bits(c->seed, number, i), c->table_rows));
    size_t n = c->places.n;
    unsigned char *keep[VIEWS];
    uint32_t *same = arena_array(&c->scratch, n, sizeof *same);
    float *z[VIEWS], *d[VIEWS];
    const float *x[VIEWS];
    for (size_t v = 0; v < VIEWS; v++) {
        keep[v] = arena_array(&c->scratch, n * tower->n_inputs, 1);
        z[v] = arena_array(&c->scratch, n * dim, sizeof *z[v]);
        d[v] = arena_array(&c->scratch, n * dim, sizeof *d[v]);
    }
    draw_masks(c, n, rng_bits(c->seed, number, UINT32_MAX), keep);
    for (size_t i = 0; i < n; i++)
        same[i] = (uint32_t)i;
    for (size_t v = 0; v < VIEWS; v++) {
        c->views[v].run.seed = rng_bits(c->seed, number, (uint64_t)UINT32_MAX + 1 + v);
        c->views[v].run.keep = keep[v];
        x[v] = evaluation_forward(&c->views[v], NULL, c->places.rows, NULL, n, pool);
        rows_normalize(x[v], n, dim, z[v]);
    }
    const struct loss_batch b = {
        .dim = dim, .n_queries = n, .n_candidates = n, .query = z[0], .candidate = z[1], .d_query = d[0], .d_candidate = d[1], .n = n,
        .query_of = same, .candidate_of = same, .among = true, .catalogue = n, .mean = task->config->mean, .factor = task->config->weight,
    };
    double loss = loss_run(c->loss, &b, pool);
    for (size_t v = 0; v < VIEWS && isfinite(loss); v++) {
        rows_normalize_back(x[v], z[v], d[v], n, dim, c->views[v].d_vectors);
        evaluation_backward(&c->views[v], pool);
    }
    return loss;
}

static void release(struct task *task)
{
    struct contrastive *c = (struct contrastive *)task;
    for (size_t v = 0; v < VIEWS; v++)
        evaluation_free(&c->views[v]);
    loss_free(c->loss);
    arena_free(&c->arena);
    arena_free(&c->scratch);
    free(c);
}

const struct task_kind task_contrastive = {
    .make = make, .takes = takes, .start = start, .step = step, .release = release,
};
