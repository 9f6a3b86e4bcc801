#include "common/serve/tfs.h"

#include "common/serve/ticket.h"

void tfs_status(const struct loaded *model, struct bytes *out)
{
    bytes_printf(out, "{\"model_version_status\": [{\"version\": \"%llu\", \"state\": \"AVAILABLE\", "
                      "\"status\": {\"error_code\": \"OK\", \"error_message\": \"\"}}]}\n",
                 (unsigned long long)model->version);
}

// A tensor of the signature; `shape` are its dimensions, -1 for any.
static void put_tensor(struct bytes *out, const char *name, const char *type, const int *shape, size_t n)
{
    json_put_text(out, name);
    bytes_printf(out, ": {\"dtype\": \"%s\", \"tensor_shape\": {\"dim\": [", type);
    for (size_t i = 0; i < n; i++)
        bytes_printf(out, "%s{\"size\": \"%d\", \"name\": \"\"}", i > 0 ? ", " : "", shape[i]);
    bytes_printf(out, "], \"unknown_rank\": false}, \"name\": \"serving_default_%s:0\"}", name);
}

void tfs_metadata(const struct loaded *model, struct bytes *out)
{
    static const int any[] = {-1, -1};
    bytes_printf(out, "{\"model_spec\": {\"name\": ");
    json_put_text(out, model->name);
    bytes_printf(out, ", \"signature_name\": \"\", \"version\": \"%llu\"}, "
                      "\"metadata\": {\"signature_def\": {\"signature_def\": {\"serving_default\": {\"inputs\": {",
                 (unsigned long long)model->version);
    put_tensor(out, "input_1", "DT_STRING", any, 1);
    bytes_printf(out, "}, \"outputs\": {");
    put_tensor(out, "output_1", "DT_FLOAT", any, 2);
    bytes_printf(out, ", ");
    put_tensor(out, "output_2", "DT_STRING", any, 2);
    bytes_printf(out, "}, \"method_name\": \"tensorflow/serving/predict\"}}}}}\n");
}
