// What the Open Inference Protocol, version 2 (KServe's), says of the server and of a model. Source: its inference_rest.md.
#ifndef SERVE_V2_H
#define SERVE_V2_H

#include "common/serve/service.h"

void v2_server(struct bytes *out);
void v2_model(const struct loaded *model, struct bytes *out);
void v2_ready(const struct loaded *model, struct bytes *out);

#endif
