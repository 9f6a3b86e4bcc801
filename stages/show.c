// show: print a stream, for people as tables and for programs as lines of JSON, and turn such lines into a stream.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/grid.h"
#include "common/base/heatmap.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/model/crosses.h"
#include "common/stream/builder.h"
#include "common/stream/lines.h"
#include "common/stream/reader.h"
#include "common/stream/summary.h"

enum { CELL_WIDTH_MAX = 40 };

static size_t head_rows;
static const char *table_name, *plot_path;
static bool json_wanted, parse_wanted, config_wanted, crosses_wanted;

static const struct arg args[] = {
    ARG_COUNT('n', "head", &head_rows, 0, 1000000000, "N", "print the first N rows of every table; 0: a summary"),
    ARG_TEXT('t', "table", &table_name, "NAME", "only this table"),
    ARG_FLAG('j', "json", &json_wanted, "print everything, as lines of JSON"),
    ARG_FLAG('p', "parse", &parse_wanted, "read such lines, and write the stream they stand for"),
    ARG_FLAG(0, "crosses", &crosses_wanted, "print how much crossing layers weigh each pair of inputs"),
    ARG_TEXT(0, "plot", &plot_path, "FILE", "with --crosses: draw it too, as FILE.png or .svg, with gnuplot"),
    ARG_FLAG('c', "config", &config_wanted, "print the configuration, an INI file"),
    ARG_END
};

static const struct usage usage = {
    .purpose = "print a stream of tables, or make one from text",
    .synopsis = "[--head N | --json | --config | --crosses [--plot FILE]] [--table NAME] [FILE], or --parse [FILE]",
    .example = "show --head 3 movies.index",
    .see_also = "tokenize, evaluate",
};

// The first rows of a table.
struct head {
    struct gather *rows;
    size_t n;
    bool printed;
};

struct show {
    struct reader *in;
    FILE *out;
    struct arena arena;
    struct summary summary;
    struct head *heads;      // (summary.n)
    size_t capacity, printed;
};

// Dies if the table that was asked for is not among those that came.
static void check_table(const struct show *show)
{
    if (table_name != NULL)
        reader_wants(show->in, table_name, "--table asks for it");
}

static void keep_head(struct head *head, const struct frame *frame, struct arena *scratch)
{
    size_t wanted = head_rows - head->n < frame->rows ? head_rows - head->n : frame->rows;
    struct frame slice = frame_slice(frame, 0, wanted, scratch);
    gather_add(head->rows, &slice);
    head->n += wanted;
    arena_reset(scratch);
}

static void print_head(struct show *show, struct head *kept)
{
    const struct frame *head = gather_frame(kept->rows);
    const struct schema *schema = head->schema;
    struct bytes text = {0};
    for (size_t i = 0; i < schema->n; i++) {
        struct type type = schema->columns[i].type;
        bytes_add(&text, type.element == ELEMENT_STR || type.list || type.dim > 0 ? "l" : "r", 1);
    }
    bytes_add(&text, "", 0);
    struct grid *grid = grid_new(text.data, CELL_WIDTH_MAX);
    for (size_t i = 0; i < schema->n; i++) {
        text.length = 0;
        lines_text(&text, schema->columns[i].name, strlen(schema->columns[i].name), false);
        grid_cell(grid, text.data, text.length);
    }
    for (size_t row = 0; row < head->rows; row++) {
        for (size_t i = 0; i < schema->n; i++) {
            text.length = 0;
            lines_cell(&text, &head->cells[i], schema->columns[i].type, row, false, CELL_WIDTH_MAX);
            grid_cell(grid, text.data, text.length);
        }
    }
    text.length = 0;
    lines_text(&text, schema->table, strlen(schema->table), false);
    fprintf(show->out, "%s%s\n", show->printed++ > 0 ? "\n" : "", text.data);
    grid_print(grid, show->out);
    free(text.data);
    kept->printed = true;
}

static bool is_wanted(const struct frame *frame)
{
    return table_name == NULL || is_table(frame, table_name);
}

static struct head *head_of(struct show *show, const struct frame *frame)
{
    size_t n = show->summary.n, i = summary_add(&show->summary, frame);
    if (i == n) {
        show->heads = memory_grow(show->heads, &show->capacity, n + 1, sizeof *show->heads);
        show->heads[i] = (struct head){.rows = gather_new()};
    }
    return &show->heads[i];
}

// The first rows of every table; ends early once the only table that is wanted has them.
static void show_head(struct show *show)
{
    struct arena scratch = {0};
    struct frame frame;
    bool more = true;
    while (more && reader_next(show->in, &frame)) {
        struct head *head = head_of(show, &frame);
        if (!is_wanted(&frame) || head->printed)
            continue;
        keep_head(head, &frame, &scratch);
        if (head->n == head_rows)
            print_head(show, head);
        more = table_name == NULL || !head->printed;
    }
    check_table(show);
    for (size_t i = 0; i < show->summary.n; i++)
        if (!show->heads[i].printed && (table_name == NULL || strcmp(table_name, show->summary.tables[i].schema->table) == 0))
            print_head(show, &show->heads[i]);
    arena_free(&scratch);
}

static void show_json(struct show *show)
{
    struct lines *lines = lines_begin(show->out, reader_header(show->in));
    struct frame frame;
    while (reader_next(show->in, &frame)) {
        summary_add(&show->summary, &frame);
        if (is_wanted(&frame))
            lines_put(lines, &frame);
    }
    check_table(show);
    lines_end(lines);
}

// Prints the text; to a terminal, without what it could obey.
static void show_config(struct show *show)
{
    struct frame frame;
    while (reader_next(show->in, &frame))
        summary_add(&show->summary, &frame);
    check_table(show);
    const char *config = reader_header(show->in)->config;
    if (!isatty(fileno(show->out))) {
        fputs(config, show->out);
        return;
    }
    struct bytes line = {0};
    for (size_t length; *config != '\0'; config += length + (config[length] == '\n')) {
        length = strcspn(config, "\n");
        line.length = 0;
        lines_text(&line, config, length, false);
        fprintf(show->out, "%s\n", length > 0 ? line.data : "");
    }
    free(line.data);
}

static void show_summary(struct show *show)
{
    struct frame frame;
    while (reader_next(show->in, &frame))
        summary_add(&show->summary, &frame);
    check_table(show);
    summary_print(&show->summary, reader_header(show->in), reader_bytes(show->in), table_name, show->out);
}

static void show_crosses(struct show *show)
{
    struct config *config = config_from_stream(show->in);
    struct model *model = model_new(config, pool_new(1));
    struct crosses crosses;
    struct frame frame;
    size_t at = 0;
    while (reader_next(show->in, &frame))
        (void)model_takes(model, &frame);
    model_ready(model, reader_name(show->in));
    while (crosses_next(config, model, &at, &crosses, &show->arena)) {
        crosses_print(&crosses, show->out);
        if (plot_path != NULL && at == 1)
            heatmap_draw(plot_path, arena_printf(&show->arena, "weights of crosses: %s, step %zu", crosses.name, crosses.step), crosses.inputs,
                         crosses.weights, crosses.n);
    }
    if (at == 0)
        die(EXIT_INPUT, "%s: no tower or head begins with a crossing layer", reader_name(show->in));
}

static void finish(struct show *show)
{
    for (size_t i = 0; show->heads != NULL && i < show->summary.n; i++)
        gather_free(show->heads[i].rows);
    free(show->heads);
    summary_free(&show->summary);
    arena_free(&show->arena);
    reader_close(show->in);
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if ((head_rows > 0) + json_wanted + config_wanted + parse_wanted + crosses_wanted > 1)
        die_usage("only one of --head, --json, --config, --crosses and --parse");
    if (plot_path != NULL && !crosses_wanted)
        die_usage("--plot: only with --crosses");
    if (stage.set.n > 0)
        die_usage("--set: show changes nothing: give it to the stage that reads the key");
    if (parse_wanted) {
        if (table_name != NULL)
            die_usage("--parse takes the text whole: no --table");
        uint64_t rows = lines_parse(path, stage.output);
        stage_end("rows=%llu", (unsigned long long)rows);
        return 0;
    }
    struct show show = {.in = reader_open(path)};
    struct output output = output_open(stage.output);
    show.out = output_file(&output);
    (crosses_wanted ? show_crosses : head_rows > 0 ? show_head : json_wanted ? show_json : config_wanted ? show_config : show_summary)(&show);
    output_close(&output);
    stage_end("tables=%zu bytes=%llu", show.summary.n, (unsigned long long)reader_bytes(show.in));
    finish(&show);
    return 0;
}
