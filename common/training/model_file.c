#include "common/training/model_file.h"

#include <string.h>

#include "common/base/die.h"
#include "common/stream/reader.h"

uint64_t model_file_load(const char *path, struct model *model, struct writer *out)
{
    struct reader *in = reader_open(path);
    struct checkpoint_data data = {0};
    struct frame frame;
    while (reader_next(in, &frame)) {
        checkpoint_look(&data, &frame);
        if (model_takes(model, &frame))
            writer_put(out, &frame);
    }
    reader_close(in);
    return data.value;
}

bool model_file_replaces(const struct frame *frame)
{
    const char *table = frame->schema->table;
    return strncmp(table, "param/", 6) == 0 || strncmp(table, "slot/", 5) == 0 || strcmp(table, "index") == 0 || strncmp(table, "index/", 6) == 0;
}

void model_file_check(const char *path, uint64_t data, const struct checkpoint_data *here, const char *source)
{
    if (data != here->value)
        die(EXIT_INPUT, "%s: a model of other data: its vocabularies are not those of %s", path, source);
}
