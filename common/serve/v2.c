#include "common/serve/v2.h"

#include "common/base/stage.h"
#include "common/serve/ticket.h"

void v2_server(struct bytes *out)
{
    bytes_printf(out, "{\"name\": \"millrace\", \"version\": \"%s\", \"extensions\": []}\n", MILLRACE_VERSION);
}

void v2_ready(const struct loaded *model, struct bytes *out)
{
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, model->name);
    bytes_printf(out, ", \"ready\": true}\n");
}

void v2_model(const struct loaded *model, struct bytes *out)
{
    const struct config *c = model->config;
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, model->name);
    bytes_printf(out, ", \"versions\": [\"%llu\"], \"platform\": \"millrace_index\", \"inputs\": [{\"name\": ", (unsigned long long)model->version);
    json_put_text(out, config_key(c, &c->query));
    bytes_printf(out, ", \"datatype\": \"BYTES\", \"shape\": [-1]}], "
                      "\"outputs\": [{\"name\": \"output_1\", \"datatype\": \"FP32\", \"shape\": [-1, -1]}, "
                      "{\"name\": \"output_2\", \"datatype\": \"BYTES\", \"shape\": [-1, -1]}]}\n");
}
