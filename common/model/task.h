// One task of a training: what of the model it evaluates for a batch, and the loss of what that says.
//
//     struct task *task = task_new(config, &config->tasks[0], model);
//     task_takes(task, &frame);                           // every frame before the first batch: looked at
//     task_start(task, sides, source);                    // once the model is started
//     double loss = task_step(task, &batch, step, pool);  // adds to the gradients of the parameters
//     task_end(task);
//
// A step evaluates towers once for each distinct query and candidate of the batch; a contextual query tower, which reads columns of
// the interactions, once for each row. A new kind is a name in config/config_tasks.c, which says what it takes of the model, a file task_NAME.c and a
// row in task.c.
#ifndef MODEL_TASK_H
#define MODEL_TASK_H

#include <stdint.h>

#include "common/base/pool.h"
#include "common/config/config.h"
#include "common/model/examples.h"
#include "common/model/kind.h"
#include "common/model/model.h"

struct task {
    const struct task_kind *kind;
    const struct config_task *config;
    const char *source;   // the name of the stream, borrowed; once started
};

struct task_kind {
    struct task *(*make)(const struct config *config, const struct config_task *from, const struct model *model);
    void (*takes)(struct task *task, const struct frame *frame);
    void (*start)(struct task *task, const struct frame *const *sides, const char *source);
    double (*step)(struct task *task, const struct frame *batch, uint64_t step, struct pool *pool);
    void (*passes)(struct task *task, const struct frame *batch);   // NULL: nothing to do
    void (*end)(const struct task *task);                           // NULL: nothing to do
    void (*release)(struct task *task);
};

extern const struct kind_arg infonce_args[];         // of the loss of a contrastive task

// Checks the task's loss; borrows everything.
struct task *task_new(const struct config *config, const struct config_task *from, const struct model *model)
    __attribute__((warn_unused_result));
void task_free(struct task *task);

void task_takes(struct task *task, const struct frame *frame);

// Checks that towers and loss fit together, and the columns that the towers read.
//   sides  (SIDES) the tables of queries and candidates with their columns feature/F, whole; borrowed
void task_start(struct task *task, const struct frame *const *sides, const char *source);

// Returns the task's loss. Dies with exit code 3 if that is not finite, or the batch refers to what does not exist.
double task_step(struct task *task, const struct frame *batch, uint64_t step, struct pool *pool);

// Passes over a batch that was learned from before: the samplers remember it as if it had been now.
void task_passes(struct task *task, const struct frame *batch);

// The stream is complete: warns of what was left out.
void task_end(const struct task *task);

#endif
