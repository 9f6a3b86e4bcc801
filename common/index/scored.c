#include "common/index/scored.h"

#include <string.h>

#include "common/base/die.h"
#include "common/index/csv_cells.h"
#include "common/stream/builder.h"
#include "common/stream/names.h"

struct scored {
    const struct config *config;
    const struct config_side *sides[SIDES];
    struct gather *gathered[SIDES];
    const struct cells *keys[SIDES];     // of all rows of the sides' tables
    bool begun;                         // the line of names is printed
    struct bytes text, cell;
    struct arena arena;
};

struct scored *scored_new(const struct config *config)
{
    struct scored *s = memory_zeros(1, sizeof *s);
    s->config = config;
    s->sides[SIDE_QUERY] = &config->query;
    s->sides[SIDE_CANDIDATE] = &config->candidate;
    for (size_t e = 0; e < SIDES; e++)
        s->gathered[e] = gather_new();
    return s;
}

void scored_looks(struct scored *s, const struct frame *frame)
{
    for (size_t e = 0; e < SIDES; e++) {
        if (!is_table(frame, s->sides[e]->table))
            continue;
        arena_reset(&s->arena);
        const char *key = config_key(s->config, s->sides[e]);
        struct schema *schema = schema_new(&s->arena, frame->schema->table);
        schema->source = frame->schema->source;
        schema_add(schema, &s->arena, key, type_of("str"));
        struct cells texts = *frame_texts(frame, key, &s->arena);
        gather_add(s->gathered[e], &(struct frame){.schema = schema, .rows = frame->rows, .cells = &texts, .place = frame->place});
    }
}

void scored_start(struct scored *s, const char *source)
{
    for (size_t e = 0; e < SIDES; e++) {
        const struct frame *whole = gather_frame(s->gathered[e]);
        if (whole == NULL)
            die(EXIT_INPUT, "%s: no table %s: run vocab first", source, quoted_text(s->sides[e]->table));
        s->keys[e] = &whole->cells[0];
    }
}

// Whether a column is printed as it is: neither one of the row numbers nor one of the stages' columns, nor a vector.
static bool is_shown(const struct column *column)
{
    return column->type.dim == 0 && strcmp(column->name, "query") != 0 && strcmp(column->name, "candidate") != 0 &&
           !is_encoded_column(column->name);
}

// The columns in the order in which they are printed, behind the keys: (result) places in the schema.
static size_t order(const struct schema *schema, size_t n_heads, size_t *columns)
{
    size_t n = 0, own = schema->n - n_heads;
    for (size_t i = own; i < schema->n; i++)
        columns[n++] = i;
    for (size_t i = 0; i < own; i++)
        if (is_shown(&schema->columns[i]))
            columns[n++] = i;
    return n;
}

static void add_names(struct scored *s, const struct schema *schema, const size_t *columns, size_t n)
{
    const char *key = config_key(s->config, s->sides[SIDE_CANDIDATE]), *taken[] = {"query", key};
    csv_add_name(&s->text, "query", NULL, NULL, 0);
    bytes_printf(&s->text, ",");
    csv_add_name(&s->text, key, s->sides[SIDE_CANDIDATE]->table, taken, 1);
    for (size_t i = 0; i < n; i++) {
        bytes_printf(&s->text, ",");
        csv_add_name(&s->text, schema->columns[columns[i]].name, s->config->interactions, taken, 2);
    }
    bytes_printf(&s->text, "\n");
}

void scored_print(struct scored *s, const struct frame *frame, size_t n_heads, FILE *out)
{
    const struct schema *schema = frame->schema;
    const uint32_t *ends[SIDES] = {frame_column(frame, "query", "u32")->values, frame_column(frame, "candidate", "u32")->values};
    arena_reset(&s->arena);
    size_t *columns = arena_array(&s->arena, schema->n, sizeof *columns), n = order(schema, n_heads, columns);
    s->text.length = 0;
    if (!s->begun)
        add_names(s, schema, columns, n);
    s->begun = true;
    for (size_t row = 0; row < frame->rows; row++) {
        for (size_t e = 0; e < SIDES; e++) {
            struct text key = cells_text(s->keys[e], ends[e][row]);
            bytes_printf(&s->text, "%s", e > 0 ? "," : "");
            csv_add_field(&s->text, key.data, key.length);
        }
        for (size_t i = 0; i < n; i++) {
            bytes_printf(&s->text, ",");
            csv_add_cell(&s->text, &frame->cells[columns[i]], schema->columns[columns[i]].type, row, &s->cell);
        }
        bytes_printf(&s->text, "\n");
    }
    fwrite(s->text.data, 1, s->text.length, out);
}
