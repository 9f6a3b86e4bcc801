#include "common/training/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/math/ials.h"
#include "common/model/param.h"

enum { ALPHA0, REG, NU, STEPS, ITERATIONS };

static const struct kind_arg ials_args[] = {
    {"alpha0", KIND_REAL, 0.1, 0, 1e6, "weight of a pair that was not taken, beside 1 of one that was"},
    {"reg", KIND_REAL, 0.003, 0, 1e6, "regularisation"},
    {"nu", KIND_REAL, 1, 0, 2, "how it grows with the weight of a row: to this power"},
    {"steps", KIND_COUNT, 3, 0, 1000, "of conjugate gradients a row and iteration; 0: solved exactly"},
    {"iterations", KIND_COUNT, 16, 0, 100000, "each moves all queries, then all candidates"},
    {0},
};

static const struct kind_arg no_args[] = {{0}};

static const struct solver_kind gradients = {"gradients", "steps of the optimisers over batches", no_args},
    ials = {"ials", "implicit alternating least squares over all interactions, for two lookups without layers", ials_args};

const struct solver_kind *const solver_kinds[] = {&gradients, &ials, NULL};

struct solver {
    const struct config *config;
    struct ials_plan plan;
    size_t iterations;
    const struct config_feature *features[SIDES];
    struct param *tables[SIDES];
    size_t n;                          // interactions
    uint32_t *rows[SIDES];             // (n)
    float *weights;                    // (n), if there are weights
    size_t rooms[SIDES], weights_room;
    struct ials_lists lists[SIDES];
    struct arena arena, scratch;
};

static const char *const side_names[] = {"query", "candidate"};

// The embedding that a tower is, if it is nothing else.
static struct param *table_of(const struct config *config, const struct model *model, const struct config_tower *tower)
{
    const struct config_feature *feature = tower->inputs[0];
    if (tower->n_inputs != 1 || tower->n_layers != 0 || strcmp(feature->encode.name, "lookup") != 0 || model_contextual(model, tower))
        die(EXIT_INPUT, "%s: tower %s: solver = ials wants one lookup of the side's table, and no layers", tower->place,
            quoted_text(tower->name));
    struct param *table = model_embedding(model, feature);
    if (table == NULL)
        die(EXIT_INPUT, "%s: feature %s has no embedding", config->tasks[0].place, quoted_text(feature->name));
    return table;
}

static void check_task(const struct solver *s)
{
    const struct config *c = s->config;
    const struct config_task *task = &c->tasks[0];
    const struct param *query = s->tables[SIDE_QUERY], *candidate = s->tables[SIDE_CANDIDATE];
    if (c->n_tasks != 1)
        die(EXIT_INPUT, "%s: %zu tasks: solver = ials learns one", c->tasks[1].place, c->n_tasks);
    if (task->heads != 1 || task->where != NULL)
        die(EXIT_INPUT, "%s: task %s has %s: solver = ials knows none", task->place, quoted_text(task->name),
            task->where != NULL ? "a column \"where\"" : "heads");
    if (query == candidate)
        die(EXIT_INPUT, "%s: both towers have the table %s: solver = ials wants one each", task->place,
            quoted_text(s->features[SIDE_QUERY]->table));
    if (query->width != candidate->width)
        die(EXIT_INPUT, "%s: embed is %zu for feature %s and %zu for %s: solver = ials wants them alike", task->place, query->width,
            quoted_text(s->features[SIDE_QUERY]->name), candidate->width, quoted_text(s->features[SIDE_CANDIDATE]->name));
}

struct solver *solver_new(const struct config *config, const struct model *model)
{
    const char *names[] = {gradients.name, ials.name};
    double args[KIND_ARGS_MAX];
    if (strcmp(config->solver.name, gradients.name) == 0) {
        kind_read(&config->solver, no_args, args);
        return NULL;
    }
    if (strcmp(config->solver.name, ials.name) != 0)
        kind_unknown(&config->solver, "solver", names, sizeof names / sizeof *names);
    kind_read(&config->solver, ials_args, args);
    struct solver *s = memory_zeros(1, sizeof *s);
    const struct config_task *task = config_retrieval(config, "solver = ials");
    const struct config_tower *towers[] = {task->query, task->candidate};
    s->config = config;
    for (size_t side = 0; side < SIDES; side++) {
        s->features[side] = towers[side]->inputs[0];
        s->tables[side] = table_of(config, model, towers[side]);
    }
    check_task(s);
    s->plan = (struct ials_plan){s->tables[SIDE_QUERY]->width, args[ALPHA0], args[REG], args[NU], (size_t)args[STEPS]};
    s->iterations = (size_t)args[ITERATIONS];
    return s;
}

// The weights of a frame's interactions, or NULL.
static const double *weights_of(struct solver *s, const struct frame *frame)
{
    if (s->config->weight == NULL)
        return NULL;
    const double *weights = frame_numbers(frame, s->config->weight, &s->scratch);
    for (size_t i = 0; i < frame->rows; i++)
        if (!isfinite((float)weights[i]) || weights[i] < 0)
            die(EXIT_INPUT, "%s: column %s: row %zu: a weight of %g, wanted one from 0", frame->place, quoted_text(s->config->weight), i,
                weights[i]);
    s->weights = memory_grow(s->weights, &s->weights_room, s->n + frame->rows, sizeof *s->weights);
    return weights;
}

void solver_looks(struct solver *s, const struct frame *frame)
{
    if (!is_table(frame, s->config->interactions) || frame->rows == 0)
        return;
    const double *weights = weights_of(s, frame);
    const uint32_t *rows[SIDES];
    for (size_t side = 0; side < SIDES; side++) {
        rows[side] = frame_column(frame, side_names[side], "u32")->values;
        s->rows[side] = memory_grow(s->rows[side], &s->rooms[side], s->n + frame->rows, sizeof *s->rows[side]);
    }
    for (size_t i = 0; i < frame->rows; i++) {
        if (weights != NULL && weights[i] == 0)
            continue;
        if (weights != NULL)
            s->weights[s->n] = (float)weights[i];
        s->rows[SIDE_QUERY][s->n] = rows[SIDE_QUERY][i];
        s->rows[SIDE_CANDIDATE][s->n++] = rows[SIDE_CANDIDATE][i];
    }
    arena_reset(&s->scratch);
}

// The rows that interactions refer to become ids of the side's embedding.
static void make_ids(struct solver *s, size_t side, const struct frame *table, const char *source)
{
    const char *column = arena_printf(&s->scratch, "feature/%s", s->features[side]->name);
    const uint32_t *ids = frame_column(table, column, "u32")->values;
    size_t n_ids = s->tables[side]->rows;
    for (size_t r = 0; r < table->rows; r++)
        if (ids[r] >= n_ids)
            die(EXIT_INPUT, "%s: column %s: row %zu has id %u, but \"param/%s\" has %zu rows", source, quoted_text(column), r, ids[r],
                s->tables[side]->name, n_ids);
    for (size_t i = 0; i < s->n; i++) {
        uint32_t row = s->rows[side][i];
        if (row >= table->rows)
            die(EXIT_INPUT, "%s: table %s: column \"%s\": row %u, but table %s has %zu rows", source, quoted_text(s->config->interactions),
                side_names[side], row, quoted_text(table->schema->table), table->rows);
        s->rows[side][i] = ids[row];
    }
}

void solver_start(struct solver *s, const struct frame *queries, const struct frame *candidates, const char *source)
{
    make_ids(s, SIDE_QUERY, queries, source);
    make_ids(s, SIDE_CANDIDATE, candidates, source);
    s->lists[SIDE_QUERY] = ials_lists_of(s->rows[SIDE_QUERY], s->rows[SIDE_CANDIDATE], s->weights, s->n, s->tables[SIDE_QUERY]->rows, &s->arena);
    for (size_t side = 0; side < SIDES; side++) {
        free(s->rows[side]);
        s->rows[side] = NULL;
    }
    free(s->weights);
    s->weights = NULL;
    s->lists[SIDE_CANDIDATE] = ials_transpose(&s->lists[SIDE_QUERY], s->tables[SIDE_CANDIDATE]->rows, &s->arena);
    arena_reset(&s->scratch);
}

size_t solver_iterations(const struct solver *s)
{
    return s->iterations;
}

size_t solver_rows(const struct solver *s)
{
    return s->n;
}

// The mean of the others for the queries that took nothing, whom zeros would say nothing about.
static void fill_mean(struct solver *s)
{
    const struct ials_lists *lists = &s->lists[SIDE_QUERY];
    size_t dim = s->plan.dim, others = 0;
    float *value = s->tables[SIDE_QUERY]->value;
    double *mean = arena_zeros(&s->scratch, dim, sizeof *mean);
    for (size_t r = 0; r < lists->rows; r++) {
        if (lists->starts[r + 1] == lists->starts[r])
            continue;
        others++;
        for (size_t d = 0; d < dim; d++)
            mean[d] += (double)value[r * dim + d];
    }
    for (size_t r = 0; r < lists->rows && others > 0; r++)
        for (size_t d = 0; d < dim && lists->starts[r + 1] == lists->starts[r]; d++)
            value[r * dim + d] = (float)(mean[d] / (double)others);
}

double solver_iterate(struct solver *s, struct pool *pool)
{
    struct param *query = s->tables[SIDE_QUERY], *candidate = s->tables[SIDE_CANDIDATE];
    double loss = ials_update(&s->plan, &s->lists[SIDE_QUERY], query->value, candidate->value, candidate->rows, pool, &s->scratch);
    arena_reset(&s->scratch);
    (void)ials_update(&s->plan, &s->lists[SIDE_CANDIDATE], candidate->value, query->value, query->rows, pool, &s->scratch);
    fill_mean(s);
    arena_reset(&s->scratch);
    return s->n > 0 ? loss / (double)s->n : 0;
}
