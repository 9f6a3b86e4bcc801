#include "common/model/task.h"

#include <math.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/kind.h"

extern const struct task_kind task_retrieval, task_regression, task_classification, task_listwise, task_contrastive;

const struct task_kind *const task_kinds[] = {&task_retrieval, &task_regression, &task_classification, &task_listwise, &task_contrastive, NULL};

struct task *task_new(const struct config *config, const struct config_task *from, const struct model *model)
{
    const char *names[16];
    size_t n = 0;
    for (; task_kinds[n] != NULL; n++) {
        names[n] = task_kinds[n]->name;
        if (strcmp(names[n], from->kind.name) != 0)
            continue;
        struct task *task = task_kinds[n]->make(config, from, model);
        task->kind = task_kinds[n];
        task->config = from;
        return task;
    }
    kind_unknown(&from->kind, "task", names, n);
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
