// Whether an index and a stream are of the same data: the rows that one speaks of must be those of the other.
//
//     struct origin of_index = {0}, of_stream = {0};
//     while (reader_next(file, &frame)) origin_look(&of_index, config, &frame);
//     while (reader_next(in, &frame)) origin_look(&of_stream, config, &frame);
//     origin_check(&of_index, &of_stream, &indexes, reader_name(in));
#ifndef RECOMMEND_ORIGIN_H
#define RECOMMEND_ORIGIN_H

#include "common/base/args.h"
#include "common/config/config.h"
#include "common/training/checkpoint.h"

struct origin {
    struct checkpoint_data vocabularies;
    uint64_t keys;                       // fingerprint of the candidates' keys, 0 if they did not come
    size_t rows;
};

void origin_look(struct origin *origin, const struct config *config, const struct frame *frame);

// Dies with exit code 3 if both have vocabularies and they differ, or both have candidates and their keys differ.
//   indexes  their files, for messages
void origin_check(const struct origin *index, const struct origin *stream, const struct arg_list *indexes, const char *stream_name);

#endif
