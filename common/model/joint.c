#include "common/model/joint.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/math/update.h"
#include "common/model/evaluation.h"
#include "common/stream/builder.h"

// An input: a tower, or another head.
struct source {
    struct evaluation tower;     // tower.tower NULL: none
    size_t side;
    struct joint *joint;         // or NULL
    struct cells vectors;        // what it gave
    float *d_vectors;            // of a joint: (n, dim)
    size_t capacity;
};

struct joint {
    const struct tower *head;
    struct source *sources;           // (head->n_inputs)
    struct input_column *columns;     // (head->n_inputs)
    struct tower_run run;
    const struct joint_pairs *pairs;
};

void joint_number(struct joint_pairs *pairs, size_t side, const uint32_t *rows, struct places *places, uint32_t *of)
{
    places->n = 0;
    for (size_t i = 0; i < pairs->n; i++)
        of[i] = places_of(places, rows[i]);
    pairs->rows[side] = rows;
    pairs->of[side] = of;
    pairs->distinct[side] = places->rows;
    pairs->n_distinct[side] = places->n;
}

struct joint *joint_new(const struct config *config, const struct config_head *from, const struct model *model)
{
    struct joint *joint = memory_zeros(1, sizeof *joint);
    joint->head = model_head(model, from);
    joint->sources = memory_zeros(from->n_inputs, sizeof *joint->sources);
    joint->columns = memory_zeros(from->n_inputs, sizeof *joint->columns);
    for (size_t j = 0; j < from->n_inputs; j++) {
        const struct config_head_input *input = &from->inputs[j];
        struct source *source = &joint->sources[j];
        if (input->head != NULL)
            source->joint = joint_new(config, input->head, model);
        else
            source->tower = evaluation_new(model_tower(model, input->tower));
        source->side = input->tower != NULL && input->tower->side == &config->candidate ? SIDE_CANDIDATE : SIDE_QUERY;
    }
    return joint;
}

void joint_free(struct joint *joint)
{
    if (joint == NULL)
        return;
    for (size_t j = 0; j < joint->head->n_inputs; j++) {
        evaluation_free(&joint->sources[j].tower);
        joint_free(joint->sources[j].joint);
        free(joint->sources[j].d_vectors);
    }
    tower_run_free(joint->head, &joint->run);
    free(joint->sources);
    free(joint->columns);
    free(joint);
}

static void set_training(struct joint *joint, bool training)
{
    joint->run.training = training;
    for (size_t j = 0; j < joint->head->n_inputs; j++)
        if (joint->sources[j].joint != NULL)
            set_training(joint->sources[j].joint, training);
        else
            joint->sources[j].tower.run.training = training;
}

void joint_side(struct joint *joint, size_t side, const struct frame *table)
{
    for (size_t j = 0; j < joint->head->n_inputs; j++)
        if (joint->sources[j].joint != NULL)
            joint_side(joint->sources[j].joint, side, table);
        else if (joint->sources[j].side == side)
            evaluation_start(&joint->sources[j].tower, table, joint->sources[j].tower.run.training);
}

void joint_start(struct joint *joint, const struct frame *const *sides, bool training)
{
    set_training(joint, training);
    for (size_t s = 0; s < SIDES; s++)
        joint_side(joint, s, sides[s]);
}

size_t joint_dim(const struct joint *joint)
{
    return joint->head->dim;
}

// Sets where the head finds the vectors of an input: one for every distinct row, or one a pair.
static void forward_source(struct joint *joint, size_t j, const struct joint_pairs *pairs, struct pool *pool)
{
    struct source *source = &joint->sources[j];
    size_t side = source->side;
    const float *vectors;
    joint->columns[j].rows = NULL;
    if (source->joint != NULL) {
        vectors = joint_forward(source->joint, pairs, pool);
    } else {
        struct evaluation *tower = &source->tower;
        bool apart = tower->tower->contextual;
        tower->run.seed = rng_bits(pairs->seed, j, side);
        joint->columns[j].rows = apart ? NULL : pairs->of[side];
        vectors = evaluation_forward(tower, pairs->batch, apart ? pairs->rows[side] : pairs->distinct[side], pairs->at,
                                     apart ? pairs->n : pairs->n_distinct[side], pool);
    }
    source->vectors = (struct cells){.values = vectors};
    joint->columns[j].cells = &source->vectors;
}

const float *joint_forward(struct joint *joint, const struct joint_pairs *pairs, struct pool *pool)
{
    joint->pairs = pairs;
    joint->run.seed = rng_mix(pairs->seed);
    for (size_t j = 0; j < joint->head->n_inputs; j++)
        forward_source(joint, j, pairs, pool);
    return tower_forward(joint->head, &joint->run, joint->columns, pairs->n, pool);
}

// The gradient of an input's vectors: where pairs share one, that of all of them together.
static void gather_gradient(void *context, size_t j, size_t worker)
{
    (void)worker;
    struct joint *joint = context;
    const struct joint_pairs *pairs = joint->pairs;
    struct source *source = &joint->sources[j];
    size_t width = joint->head->inputs[j].width, stride = joint->head->width, at = 0;
    for (size_t i = 0; i < j; i++)
        at += joint->head->inputs[i].width;
    const uint32_t *rows = joint->columns[j].rows;
    const float *d = joint->run.d_inputs + at;
    float *sum = source->joint != NULL ? source->d_vectors : source->tower.d_vectors;
    if (rows == NULL) {
        for (size_t i = 0; i < pairs->n; i++)
            memcpy(sum + i * width, d + i * stride, width * sizeof *sum);
        return;
    }
    memset(sum, 0, pairs->n_distinct[source->side] * width * sizeof *sum);
    for (size_t i = 0; i < pairs->n; i++)
        update_add(sum + rows[i] * width, d + i * stride, width, 1);
}

void joint_backward(struct joint *joint, const float *d, struct pool *pool)
{
    tower_backward(joint->head, &joint->run, d, pool);
    for (size_t j = 0; j < joint->head->n_inputs; j++) {
        struct source *source = &joint->sources[j];
        if (source->joint != NULL)
            source->d_vectors = memory_grow(source->d_vectors, &source->capacity, joint->pairs->n * joint->head->inputs[j].width,
                                            sizeof *source->d_vectors);
    }
    pool_run(pool, joint->head->n_inputs, gather_gradient, joint);
    for (size_t j = 0; j < joint->head->n_inputs; j++)
        if (joint->sources[j].joint != NULL)
            joint_backward(joint->sources[j].joint, joint->sources[j].d_vectors, pool);
        else
            evaluation_backward(&joint->sources[j].tower, pool);
}
