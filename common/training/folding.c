#include "common/training/folding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/math/ease.h"
#include "common/math/fold.h"
#include "common/model/param.h"

// Numbers the rows that took part: queries that have something in `seen`, and the candidates there.
static void choose_rows(struct folding_side *sides, const struct frame *seen, const char *source)
{
    const struct cells *lists = frame_column(seen, "candidates", "u32*");
    const uint32_t *taken = lists->values;
    for (size_t s = 0; s < SIDES; s++) {
        sides[s].rows = spool_rows(sides[s].spool);
        sides[s].place = memory_zeros(sides[s].rows, sizeof *sides[s].place);
    }
    if (seen->rows != sides[SIDE_QUERY].rows)
        die(EXIT_INPUT, "%s: table \"seen\" has %zu rows, but %s has %zu", source, seen->rows,
            quoted_text(sides[SIDE_QUERY].config->table), sides[SIDE_QUERY].rows);
    for (size_t i = 0; i < lists->n; i++) {
        if (taken[i] >= sides[SIDE_CANDIDATE].rows)
            die(EXIT_INPUT, "%s: table \"seen\": candidate %u, but %s has %zu rows", source, taken[i],
                quoted_text(sides[SIDE_CANDIDATE].config->table), sides[SIDE_CANDIDATE].rows);
        sides[SIDE_CANDIDATE].place[taken[i]] = 1;
    }
    for (size_t r = 0; r < sides[SIDE_QUERY].rows; r++)
        sides[SIDE_QUERY].place[r] = lists->lists[r + 1] > lists->lists[r];
    for (size_t s = 0; s < SIDES; s++)
        for (size_t r = 0; r < sides[s].rows; r++)
            sides[s].place[r] = sides[s].place[r] ? (uint32_t)sides[s].n++ : UINT32_MAX;
    if (sides[SIDE_QUERY].n == 0)
        die(EXIT_INPUT, "%s: table \"seen\": no query has taken anything: there is nothing to fold", source);
}

// The wide model's vectors of the rows that took part, and the ids of all.
static void make_vectors(struct folding_side *side, struct model *model)
{
    struct arena arena = {0};
    const char *column = arena_printf(&arena, "feature/%s", side->key->name);
    size_t width = model_dim(model, side->tower), row = 0;
    side->ids = side->table->rows;
    side->id = memory_zeros(side->rows, sizeof *side->id);
    side->vectors = memory_aligned(side->n * width, sizeof *side->vectors);
    struct frame frame;
    spool_rewind(side->spool);
    while (spool_next(side->spool, &frame)) {
        float *vectors = memory_aligned(frame.rows * width, sizeof *vectors);
        model_vectors(model, side->tower, &frame, NULL, vectors);  // checks the ids
        memcpy(side->id + row, frame_column(&frame, column, "u32")->values, frame.rows * sizeof *side->id);
        for (size_t r = 0; r < frame.rows; r++, row++)
            if (side->place[row] != UINT32_MAX)
                memcpy(side->vectors + side->place[row] * width, vectors + r * width, width * sizeof *vectors);
        free(vectors);
    }
    spool_free(side->spool);
    arena_free(&arena);
}

// What the queries took, both numbered among those that took part.
static void take_lists(struct fold *fold, const struct folding_side *sides, const struct frame *seen, double power, uint32_t *lists, uint32_t *taken,
                       float *column)
{
    const struct cells *all = frame_column(seen, "candidates", "u32*");
    const uint32_t *values = all->values;
    for (size_t i = 0; i < fold->items; i++)
        column[i] = 0;
    for (size_t i = 0; i < all->n; i++) {
        taken[i] = sides[SIDE_CANDIDATE].place[values[i]];
        column[taken[i]] += 1;
    }
    size_t n = 0;
    for (size_t r = 0; r < sides[SIDE_QUERY].rows; r++)
        if (sides[SIDE_QUERY].place[r] != UINT32_MAX)
            lists[n++] = all->lists[r];
    lists[n] = (uint32_t)all->n;
    double mean = (double)all->n / (double)fold->items;
    for (size_t i = 0; i < fold->items; i++)
        column[i] = (float)pow((double)column[i] / mean, power);
    *fold = (struct fold){.users = fold->users, .items = fold->items, .lists = lists, .taken = taken, .column = column};
}

// The matrix of EASE, or NULL if it is not wanted or passes a quarter of the memory.
static float *ease_matrix(struct folding *folding, const struct fold *fold, size_t n)
{
    size_t items = fold->items;
    if (folding->ease <= 0 || items > folding->memory_bytes / 4 / sizeof(float) / items)
        return NULL;
    float *similar = memory_aligned(items * items, sizeof *similar);
    folding->lambda = folding->lambda > 0 ? folding->lambda : ease_lambda(n, items);
    if (!ease_weights(fold->users, items, fold->lists, fold->taken, folding->lambda, similar))
        die(EXIT_USAGE, "--lambda %g: too small: the matrix of EASE cannot be inverted", folding->lambda);
    return similar;
}

static void check_finite(const struct folding_side *sides, size_t k, const char *source)
{
    for (size_t s = 0; s < SIDES; s++)
        for (size_t i = 0; i < sides[s].n * k; i++)
            if (!isfinite(sides[s].folded[i]))
                die(EXIT_INPUT, "%s: towers %s and %s give scores that are not finite", source, quoted_text(sides[SIDE_QUERY].tower->name),
                    quoted_text(sides[SIDE_CANDIDATE].tower->name));
}

void folding_run(struct folding *folding, struct folding_side *sides, struct model *model, const struct frame *seen, struct pool *pool,
                 const char *source)
{
    choose_rows(sides, seen, source);
    for (size_t s = 0; s < SIDES; s++)
        make_vectors(&sides[s], model);
    struct fold fold = {.users = sides[SIDE_QUERY].n, .items = sides[SIDE_CANDIDATE].n};
    size_t n = frame_column(seen, "candidates", "u32*")->n;
    uint32_t *lists = memory_zeros(fold.users + 1, sizeof *lists), *taken = memory_zeros(n, sizeof *taken);
    float *column = memory_zeros(fold.items, sizeof *column);
    take_lists(&fold, sides, seen, folding->power, lists, taken, column);
    float *similar = ease_matrix(folding, &fold, n);
    folding->with_ease = similar != NULL;
    folding->k = folding->dim < fold.items ? folding->dim : fold.items;
    fold.user = sides[SIDE_QUERY].vectors;
    fold.item = sides[SIDE_CANDIDATE].vectors;
    fold.dim = model_dim(model, sides[SIDE_QUERY].tower);
    fold.similar = similar;
    fold.blend = folding->ease;
    fold.k = folding->k;
    fold.passes = folding->passes;
    fold.memory_bytes = folding->memory_bytes / 8;
    fold.seed = folding->seed;
    for (size_t s = 0; s < SIDES; s++)
        sides[s].folded = memory_aligned(sides[s].n * fold.k, sizeof(float));
    fold_run(&fold, pool, sides[SIDE_QUERY].folded, sides[SIDE_CANDIDATE].folded);
    check_finite(sides, fold.k, source);
    free(similar);
    free(column);
    free(taken);
    free(lists);
}

void folding_write(const struct folding *folding, const struct folding_side *side, struct writer *out)
{
    struct arena arena = {0};
    size_t dim = folding->dim, k = folding->k;
    size_t *counts = arena_zeros(&arena, side->ids, sizeof *counts);
    double *sums = arena_zeros(&arena, side->ids * k, sizeof *sums), *all = arena_zeros(&arena, k, sizeof *all);
    for (size_t r = 0; r < side->rows; r++) {
        if (side->place[r] == UINT32_MAX)
            continue;
        counts[side->id[r]]++;
        for (size_t d = 0; d < k; d++) {
            sums[side->id[r] * k + d] += (double)side->folded[side->place[r] * k + d];
            all[d] += (double)side->folded[side->place[r] * k + d];
        }
    }
    float *values = arena_zeros(&arena, side->ids * dim, sizeof *values);
    for (size_t i = 0; i < side->ids; i++)
        for (size_t d = 0; d < k; d++)
            values[i * dim + d] = (float)(counts[i] > 0 ? sums[i * k + d] / (double)counts[i] : all[d] / (double)side->n);
    struct schema *schema = schema_new(&arena, arena_printf(&arena, "param/embed/%s", side->key->name));
    schema_add(schema, &arena, "value", type_vector(dim));
    struct cells cells = {.values = values, .n = side->ids};
    writer_put_sliced(out, &(struct frame){.schema = schema, .rows = side->ids, .cells = &cells});
    arena_free(&arena);
}
