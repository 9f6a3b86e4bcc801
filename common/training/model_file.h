// A model whose parameters come from a file, not with the main stream: --model FILE.
//
//     uint64_t data = model_file_load(path, model, out);
//     while (reader_next(in, &frame)) {
//         checkpoint_look(&here, &frame);
//         if (model_file_replaces(&frame)) continue;              // what the main stream has of an older one
//         ...
//     }
//     model_file_check(path, data, &here, reader_name(in));
#ifndef TRAINING_MODEL_FILE_H
#define TRAINING_MODEL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/model/model.h"
#include "common/stream/writer.h"
#include "common/training/checkpoint.h"

// Takes the parameters in the file, and forwards them, unless `out` is NULL. Returns the fingerprint of its vocabularies.
uint64_t model_file_load(const char *path, struct model *model, struct writer *out);

// Tables of another model than the file's, and its index.
bool model_file_replaces(const struct frame *frame);

// Dies with exit code 3 if the stream has other vocabularies than the file.
void model_file_check(const char *path, uint64_t data, const struct checkpoint_data *here, const char *source);

#endif
