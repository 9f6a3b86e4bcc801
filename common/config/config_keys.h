// Which sections and keys a configuration may have, and what stands there if it is left out. Used by config.c only.
#ifndef CONFIG_CONFIG_KEYS_H
#define CONFIG_CONFIG_KEYS_H

#include <stdbool.h>

#include "common/config/ini.h"

// Dies at an unknown section or key, naming the nearest known one, and at a missing one that has no default. Then adds every key that is
// left out, with its default, and the towers, the task and the features that nobody described. Returns whether compat = tfrs.
bool config_complete(struct ini *ini);

#endif
