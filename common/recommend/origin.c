#include "common/recommend/origin.h"

#include <stdlib.h>

#include "common/base/die.h"
#include "common/base/rng.h"

void origin_look(struct origin *origin, const struct config *config, const struct frame *frame)
{
    checkpoint_look(&origin->vocabularies, frame);
    if (!is_table(frame, config->candidate.table))
        return;
    const char *key = config_key(config, &config->candidate);
    struct arena arena = {0};
    const struct cells *keys = frame_texts(frame, key, &arena);
    for (size_t i = 0; i < frame->rows; i++) {
        struct text text = cells_text(keys, i);
        origin->keys += rng_mix(rng_fnv(FNV_START, text.data, text.length) ^ rng_mix(origin->rows++));
    }
    arena_free(&arena);
}

void origin_check(const struct origin *index, const struct origin *stream, const struct arg_list *indexes, const char *stream_name)
{
    struct bytes names = {0};
    const struct checkpoint_data *a = &index->vocabularies, *b = &stream->vocabularies;
    bool other_vocabularies = a->value != 0 && b->value != 0 && a->value != b->value;
    for (size_t i = 0; i < indexes->n; i++)
        bytes_printf(&names, "%s%s", i > 0 ? ", " : "", indexes->items[i]);
    if (indexes->n > 1)
        bytes_printf(&names, ", in this order");
    if (other_vocabularies || (index->keys != 0 && stream->keys != 0 && index->keys != stream->keys))
        die(EXIT_INPUT, "%s: an index of other data: its %s are not those of %s", names.data, other_vocabularies ? "vocabularies" : "candidates",
            stream_name);
    free(names.data);
}
