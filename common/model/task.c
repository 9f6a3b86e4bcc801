#include "common/model/task.h"

#include <math.h>

#include "common/base/die.h"

extern const struct task_kind task_retrieval, task_labels, task_contrastive;

static const struct task_kind *const task_kinds[TASK_KINDS] = {
    [TASK_RETRIEVAL] = &task_retrieval, [TASK_REGRESSION] = &task_labels, [TASK_CLASSIFICATION] = &task_labels, [TASK_LISTWISE] = &task_labels,
    [TASK_CONTRASTIVE] = &task_contrastive,
};

struct task *task_new(const struct config *config, const struct config_task *from, const struct model *model)
{
    const struct task_kind *kind = task_kinds[from->which];
    struct task *task = kind->make(config, from, model);
    task->kind = kind;
    task->config = from;
    return task;
}

void task_free(struct task *task)
{
    if (task != NULL)
        task->kind->release(task);
}

void task_takes(struct task *task, const struct frame *frame)
{
    task->kind->takes(task, frame);
}

void task_start(struct task *task, const struct frame *const *sides, const char *source)
{
    task->source = source;
    task->kind->start(task, sides, source);
}

double task_step(struct task *task, const struct frame *batch, uint64_t step, struct pool *pool)
{
    double loss = task->kind->step(task, batch, step, pool);
    if (!isfinite(loss))
        die(EXIT_INPUT, "%s: step %llu: the loss of task %s is %g", task->source, (unsigned long long)step, quoted_text(task->config->name), loss);
    return loss;
}

void task_passes(struct task *task, const struct frame *batch)
{
    if (task->kind->passes != NULL)
        task->kind->passes(task, batch);
}

void task_end(const struct task *task)
{
    if (task->kind->end != NULL)
        task->kind->end(task);
}
