// What models there are, and what can be asked of one.
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/map.h"
#include "common/index/metric.h"
#include "common/serve/api.h"
#include "common/stream/lines.h"

enum { VALUES_MAX = 50 };

void api_models(struct service *service, struct bytes *out)
{
    size_t n;
    struct loaded **all = service_all(service, &n);
    bytes_printf(out, "{\"models\": [");
    for (size_t i = 0, shown = 0; i < n; i++) {
        const struct loaded *l = all[i];
        if (i + 1 < n && strcmp(all[i + 1]->name, l->name) == 0)
            continue;
        bytes_printf(out, "%s{\"name\": ", shown++ > 0 ? ", " : "");
        json_put_text(out, l->name);
        bytes_printf(out, ", \"version\": %llu, \"candidates\": %zu, \"queries\": %zu}", (unsigned long long)l->version, l->n_candidates,
                     l->n_queries);
    }
    bytes_printf(out, "]}\n");
    for (size_t i = 0; i < n; i++)
        service_put(all[i]);
    free(all);
}

struct value {
    uint32_t number;
    size_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : (x->number > y->number) - (x->number < y->number);
}

// The different values of a text or list column, if they are few.
static void put_values(struct bytes *out, const struct held *table, size_t column)
{
    size_t n, counts[VALUES_MAX + 1] = {0};
    const struct frame *frames = held_frames(table, &n);
    struct map *known = map_new();
    for (size_t f = 0; f < n && map_size(known) <= VALUES_MAX; f++) {
        const struct cells *cells = &frames[f].cells[column];
        size_t m = cells->lists != NULL ? cells->n : frames[f].rows;
        for (size_t i = 0; i < m && map_size(known) <= VALUES_MAX; i++) {
            struct text text = cells_text(cells, i);
            counts[map_add(known, text.data, text.length)]++;
        }
    }
    struct value values[VALUES_MAX];
    size_t many = map_size(known);
    for (size_t i = 0; i < many && many <= VALUES_MAX; i++)
        values[i] = (struct value){(uint32_t)i, counts[i]};
    if (many <= VALUES_MAX) {
        qsort(values, many, sizeof *values, by_count);
        bytes_printf(out, ", \"values\": [");
        for (size_t i = 0; i < many; i++) {
            size_t length;
            const char *text = map_key(known, values[i].number, &length);
            bytes_add(out, ", ", i > 0 ? 2 : 0);
            lines_text(out, text, length, true);
        }
        bytes_printf(out, "]");
    }
    map_free(known);
}

static void put_column(struct bytes *out, const struct held *table, size_t column)
{
    const struct column *c = &held_schema(table)->columns[column];
    bool text = c->type.element == ELEMENT_STR;
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, c->name);
    bytes_printf(out, ", \"type\": \"%s\", \"operators\": [%s]", c->type.list ? "list" : text ? "text" : "number",
                 c->type.list ? "\"has\"" : text ? "\"=\", \"!=\"" : "\"<\", \"<=\", \"=\", \"!=\", \">=\", \">\"");
    if (text)
        put_values(out, table, column);
    bytes_printf(out, "}");
}

static void put_features(struct bytes *out, const struct recommender *r)
{
    const char *names[COLUMNS_MAX];
    size_t n = 0;
    bytes_printf(out, ", \"features\": [");
    for (size_t i = 0; i < r->asks->n_inputs && n < COLUMNS_MAX; i++) {
        const struct config_feature *input = r->asks->inputs[i];
        size_t known = 0;
        while (known < n && strcmp(names[known], input->from) != 0)
            known++;
        if (known < n || input->follows || input->gathers || strcmp(input->from, config_key(r->config, &r->config->query)) == 0)
            continue;
        bytes_add(out, ", ", n > 0 ? 2 : 0);
        json_put_text(out, input->from);
        names[n++] = input->from;
    }
    bytes_printf(out, "], \"heads\": [");
    const struct config_head *const *heads;
    n = r->predictor != NULL ? predictor_heads(r->predictor, &heads) : 0;
    for (size_t i = 0; i < n; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        json_put_text(out, heads[i]->name);
    }
    bytes_printf(out, "]");
}

void api_info(const struct loaded *model, struct bytes *out)
{
    const struct recommender *r = model->recommenders[0];
    const struct config *c = model->config;
    const struct schema *schema = held_schema(r->candidates);
    const char *slash = strrchr(model->path, '/');
    char loaded[32];
    struct tm at;
    strftime(loaded, sizeof loaded, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&model->loaded_at, &at));
    bytes_printf(out, "{\"name\": ");
    json_put_text(out, model->name);
    bytes_printf(out, ", \"version\": %llu, \"query\": ", (unsigned long long)model->version);
    json_put_text(out, config_key(c, &c->query));
    bytes_printf(out, ", \"candidate\": ");
    json_put_text(out, recommender_key(r));
    bytes_printf(out, ", \"title\": ");
    json_put_text(out, schema->columns[model->shown[0]].name);
    bytes_printf(out, ", \"columns\": [");
    for (size_t i = 0; i < model->n_shown; i++) {
        bytes_add(out, ", ", i > 0 ? 2 : 0);
        put_column(out, r->candidates, model->shown[i]);
    }
    bytes_printf(out, "]");
    put_features(out, r);
    bytes_printf(out, ", \"label\": ");
    if (c->label != NULL)
        json_put_text(out, c->label);
    else
        bytes_printf(out, "null");
    bytes_printf(out, ", \"counts\": {\"candidates\": %zu, \"queries\": %zu, \"interactions\": %zu}", model->n_candidates, model->n_queries,
                 model->n_interactions);
    bytes_printf(out, ", \"index\": {\"kind\": \"%s\", \"metric\": \"%s\", \"dim\": %zu}, \"file\": ", r->index->kind->name,
                 metric_name(r->index->metric), r->index->dim);
    json_put_text(out, slash != NULL ? slash + 1 : model->path);
    bytes_printf(out, ", \"loaded\": \"%s\"}\n", loaded);
}
