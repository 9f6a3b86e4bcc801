#include "common/training/model_file.h"

#include <string.h>

#include "common/base/die.h"
#include "common/stream/names.h"
#include "common/stream/reader.h"

uint64_t model_file_load(const char *path, struct model *model, struct writer *out)
{
    struct reader *in = reader_open(path);
    struct checkpoint_data data = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        checkpoint_look(&data, &frame);
        if (model_takes(model, &frame) && out != NULL)
            writer_put(out, &frame);
    }
    reader_close(in);
    return data.value;
}

bool model_file_replaces(const struct frame *frame)
{
    return is_model_table(frame->schema->table) || is_index_table(frame->schema->table);
}

void model_file_check(const char *path, uint64_t data, const struct checkpoint_data *here, const char *source)
{
    if (data != here->value)
        die(EXIT_INPUT, "%s: a model of other data: its vocabularies are not those of %s", path, source);
}
