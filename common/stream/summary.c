#include "common/stream/summary.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grid.h"
#include "common/stream/lines.h"

size_t summary_add(struct summary *summary, const struct frame *frame)
{
    size_t i = 0;
    while (i < summary->n && !is_table(frame, summary->tables[i].schema->table))
        i++;
    if (i == summary->n) {
        summary->tables = memory_grow(summary->tables, &summary->capacity, ++summary->n, sizeof *summary->tables);
        summary->tables[i] = (struct summary_table){.schema = schema_copy(&summary->arena, frame->schema)};
    }
    summary->tables[i].rows += frame->rows;
    summary->tables[i].frames += frame->rows > 0;
    summary->tables[i].bytes += frame_bytes(frame);
    return i;
}

// A word as a shell would want it typed.
static void add_argument(struct bytes *line, const char *word)
{
    bool plain = word[0] != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%") == strlen(word);
    bytes_add(line, plain ? " " : " '", plain ? 1 : 2);
    for (size_t length; *word != '\0'; word += length + (word[length] == '\'')) {
        length = strcspn(word, "'");
        lines_text(line, word, length, false);
        if (word[length] == '\'')
            bytes_printf(line, "'\\''");
    }
    bytes_add(line, "'", plain ? 0 : 1);
}

static void print_history(const struct header *header, FILE *out)
{
    struct bytes line = {0};
    for (size_t i = 0; i < header->n_history; i++) {
        const struct history *history = &header->history[i];
        line.length = 0;
        lines_text(&line, history->stage, strlen(history->stage), false);
        for (size_t j = 0; j < history->n_args; j++)
            add_argument(&line, history->args[j]);
        bytes_printf(&line, "   # ");
        lines_text(&line, history->version, strlen(history->version), false);
        fprintf(out, "  %s%s\n", i > 0 ? "| " : "", line.data);
    }
    free(line.data);
}

static void print_table(const struct summary_table *table, struct grid *grid)
{
    const struct schema *schema = table->schema;
    struct bytes text = {0};
    lines_text(&text, schema->table, strlen(schema->table), false);
    grid_cell(grid, text.data, text.length);
    grid_printf(grid, "%llu", (unsigned long long)table->rows);
    grid_printf(grid, "%zu", table->frames);
    grid_printf(grid, "%llu", (unsigned long long)table->bytes);
    text.length = 0;
    for (size_t i = 0; i < schema->n; i++) {
        bytes_printf(&text, i > 0 ? ", " : "");
        lines_text(&text, schema->columns[i].name, strlen(schema->columns[i].name), false);
        bytes_printf(&text, " %s", type_name(schema->columns[i].type));
    }
    grid_cell(grid, text.data, text.length);
    free(text.data);
}

void summary_print(const struct summary *summary, const struct header *header, uint64_t stream_bytes, const char *table, FILE *out)
{
    static const char *const titles[] = {"table", "rows", "frames", "bytes", "columns"};
    fprintf(out, "stream version %d, %llu bytes, %s\n", STREAM_VERSION, (unsigned long long)stream_bytes,
            header->config[0] != '\0' ? "with a configuration (--config prints it)" : "without a configuration");
    print_history(header, out);
    if (summary->n == 0) {
        fputs("no tables\n", out);
        return;
    }
    struct grid *grid = grid_new("lrrrl", SIZE_MAX);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        grid_printf(grid, "%s", titles[i]);
    for (size_t i = 0; i < summary->n; i++)
        if (table == NULL || strcmp(summary->tables[i].schema->table, table) == 0)
            print_table(&summary->tables[i], grid);
    grid_print(grid, out);
}

void summary_free(struct summary *summary)
{
    free(summary->tables);
    arena_free(&summary->arena);
}
