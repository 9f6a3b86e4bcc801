// What TensorFlow Serving's REST API says of a model. Source: its api_rest.md, get_model_status.proto and get_model_metadata.proto.
#ifndef SERVE_TFS_H
#define SERVE_TFS_H

#include "common/serve/service.h"

void tfs_status(const struct loaded *model, struct bytes *out);
void tfs_metadata(const struct loaded *model, struct bytes *out);

#endif
