// The part of the configuration about the model: towers, heads, tasks, and whose rows each tower is evaluated for. Used by config.c and
// config_keys.c.
#ifndef CONFIG_CONFIG_TASKS_H
#define CONFIG_CONFIG_TASKS_H

#include "common/config/config.h"

// The name of each kind of task, and what stands in [task ...] if it is left out.
struct config_task_words {
    const char *name, *loss;
    bool mean;
};
extern const struct config_task_words config_task_words[TASK_KINDS];

// Fills towers, heads and tasks from the completed entries; features are there.
void config_parse_tasks(struct config *config);

// Dies unless the inputs of every tower that a task reads come from columns of its side's table or, for queries, of the interactions.
void config_check_inputs(const struct config *config);

// The first tower of the side, a retrieval's before those that only heads read; NULL if there is none.
const struct config_tower *config_first_tower(const struct config *config, const struct config_side *side);

#endif
