// tokenize: text files into the stream of tables that every later stage reads.
//
// One table after another, in the order of the configuration, each row by row: memory does not depend on the files' length.

#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/config/config_one_file.h"
#include "common/config/text_table.h"
#include "common/stream/writer.h"

static const char *config_path, *bad = "fail";
static struct config_one_file one;
static struct arg_list only;
static bool keys;

static const struct arg args[] = {
    ARG_TEXT('c', "config", &config_path, "FILE", "the configuration: which files, and what they hold"),
    ARG_CHOICE(0, "bad", &bad, "fail|skip", "what to do about a malformed row"),
    ARG_LIST('t', "table", &only, "NAME", "write only this table; may be given several times"),
    ARG_FLAG(0, "keys", &keys, "print every key of a configuration with its default and meaning"),
    ARG_TEXT(0, "query", &one.query, "COLUMN", "without -c: the column of users in FILE"),
    ARG_TEXT(0, "candidate", &one.candidate, "COLUMN", "without -c: the column of items in FILE"),
    ARG_TEXT(0, "label", &one.label, "COLUMN", "without -c: the column of ratings in FILE"),
    ARG_TEXT(0, "time", &one.time, "COLUMN", "without -c: the column of times in FILE"),
    ARG_TEXT(0, "format", &one.format, "FORMAT", "without -c: csv, tsv, dat, psv, jsonl, lists or recbole, if the name does not say it"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "text files into typed tables",
    .synopsis = "-c FILE.ini [--bad skip] | --query COLUMN --candidate COLUMN [--bad skip] [FILE] | --keys",
    .example = "tokenize -c pipelines/movies.ini | show --head 3",
    .see_also = "split, vocab, show",
};

static bool is_wanted(const char *table)
{
    for (size_t i = 0; i < only.n; i++)
        if (strcmp(only.items[i], table) == 0)
            return true;
    return only.n == 0;
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    if (keys) {
        config_print_keys();
        stage_printed();
    }
    one.path = stage.n_operands > 0 ? path : NULL;
    if (config_path != NULL && (one.path || one.format || one.query || one.candidate || one.label || one.time))
        die_usage("with -c, the configuration names files and columns");
    if (config_path == NULL && (one.query == NULL || one.candidate == NULL))
        die_usage("wanted -c FILE.ini, or --query COLUMN --candidate COLUMN FILE");

    struct config *config = config_path != NULL ? config_from_file(config_path) : config_from_one_file(&one);
    struct text_table **tables = memory_zeros(config->n_tables, sizeof *tables);
    size_t n_tables = 0, n_rows = 0, n_bad = 0;
    for (size_t i = 0; i < config->n_tables; i++)
        if (is_wanted(config->tables[i].name))
            tables[n_tables++] = text_table_open(&config->tables[i], config, strcmp(bad, "skip") == 0);
    for (size_t i = 0; i < only.n; i++)
        if (config_table(config, only.items[i]) == NULL)
            die(EXIT_USAGE, "--table %s: the configuration has no [table %s]", quoted_text(only.items[i]), only.items[i]);
    config_check_columns(config);

    struct writer *out = writer_open(stage.output, &(struct header){.config = config_text(config)});
    for (size_t i = 0; i < n_tables; i++) {
        text_table_write(tables[i], out);
        n_rows += text_table_rows(tables[i]);
        n_bad += text_table_bad(tables[i]);
    }
    writer_end(out);
    stage_end("rows=%zu bad=%zu", n_rows, n_bad);
    return 0;
}
