#include "common/training/journal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/stream/lines.h"

struct journal {
    const char *path;
    FILE *file;
    double step_s, epoch_s;  // when the last one ended
    struct bytes line;
};

struct journal *journal_open(const char *path, bool append)
{
    struct journal *j = memory_zeros(1, sizeof *j);
    j->path = path;
    j->file = fopen(path, append ? "ae" : "we");
    if (j->file == NULL)
        die(EXIT_WORLD, "open %s:", path);
    j->step_s = j->epoch_s = clock_seconds();
    return j;
}

// JSON has no number for what is not finite.
static void add_number(struct journal *j, const char *key, double value)
{
    if (isfinite(value))
        bytes_printf(&j->line, ", \"%s\": %.9g", key, value);
    else
        bytes_printf(&j->line, ", \"%s\": null", key);
}

static void write_line(struct journal *j)
{
    bytes_printf(&j->line, "}\n");
    if (fwrite(j->line.data, 1, j->line.length, j->file) != j->line.length || fflush(j->file) != 0)
        die(EXIT_WORLD, "write %s:", j->path);
    j->line.length = 0;
}

void journal_step(struct journal *j, const struct journal_step *step, const struct optims *optims)
{
    double now = clock_seconds();
    bytes_printf(&j->line, "{\"event\": \"step\", \"step\": %llu, \"epoch\": %u, \"rows\": %zu", (unsigned long long)step->step, step->epoch,
                 step->rows);
    add_number(j, "loss", step->loss);
    add_number(j, "loss_sum", step->loss * (double)step->rows);
    for (size_t i = 0; step->losses != NULL && step->config->n_tasks > 1 && i < step->config->n_tasks; i++) {
        const char *name = step->config->tasks[i].name;
        bytes_printf(&j->line, "%s", i == 0 ? ", \"losses\": {" : ", ");
        lines_text(&j->line, name, strlen(name), true);
        bytes_printf(&j->line, ": %.9g%s", step->losses[i], i + 1 < step->config->n_tasks ? "" : "}");
    }
    bytes_printf(&j->line, ", \"lr\": {");
    for (size_t i = 0; i < optims_count(optims); i++) {
        const char *pattern = optims_pattern(optims, i);
        bytes_printf(&j->line, "%s", i > 0 ? ", " : "");
        lines_text(&j->line, pattern, strlen(pattern), true);
        bytes_printf(&j->line, ": %.9g", optims_rate(optims, i, step->step + 1));
    }
    bytes_printf(&j->line, "}");
    add_number(j, "rows_per_s", floor((double)step->rows / fmax(now - j->step_s, 1e-9)));
    j->step_s = now;
    write_line(j);
}

void journal_epoch(struct journal *j, uint32_t epoch, size_t steps, size_t rows, double loss, const struct figure *figure, bool best)
{
    double now = clock_seconds();
    bytes_printf(&j->line, "{\"event\": \"epoch\", \"epoch\": %u, \"steps\": %zu, \"rows\": %zu", epoch, steps, rows);
    add_number(j, "loss", loss);
    add_number(j, "seconds", now - j->epoch_s);
    if (figure != NULL) {
        bytes_printf(&j->line, ", \"metric\": \"%s\", \"k\": %zu", figure->metric, figure->k);
        add_number(j, "value", figure->value);
        add_number(j, "popularity", figure->popularity);
        bytes_printf(&j->line, ", \"best\": %s", best ? "true" : "false");
    }
    j->epoch_s = j->step_s = now;
    write_line(j);
}

void journal_close(struct journal *j)
{
    if (j == NULL)
        return;
    if (fclose(j->file) != 0)
        die(EXIT_WORLD, "close %s:", j->path);
    free(j->line.data);
    free(j);
}
