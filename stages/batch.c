// batch: deal the interactions out in batches, in another order every epoch.
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/stream/reader.h"
#include "common/stream/writer.h"
#include "common/training/dealer.h"

static const char *table_name, *shard_text = "0/1";

static const struct arg args[] = {
    ARG_TEXT('t', "table", &table_name, "NAME", "deal out this table (default the interactions)"),
    ARG_TEXT(0, "shard", &shard_text, "I/N", "only the rows whose number modulo N is I"),
    ARG_END,
};

static const struct usage usage = {
    .purpose = "deal the interactions out in batches, in another order every epoch",
    .synopsis = "[-t TABLE] [--shard I/N] [--set train.epochs=E] [FILE]",
    .example = "vocab < split.mp | batch --set train.batch=1024 | train > model.mp",
    .see_also = "vocab, train",
};

static void parse_shard(size_t *shard, size_t *shards)
{
    size_t slash = strcspn(shard_text, "/"), digits = strspn(shard_text, "0123456789");
    size_t more = shard_text[slash] == '/' ? strspn(shard_text + slash + 1, "0123456789") : 0;
    *shard = (size_t)strtoull(shard_text, NULL, 10);
    *shards = more > 0 ? (size_t)strtoull(shard_text + slash + 1, NULL, 10) : 0;
    if (digits == 0 || digits != slash || shard_text[slash + 1 + more] != '\0' || more > 9 || digits > 9 || *shard >= *shards)
        die_usage("--shard %s: wanted I/N with 0 <= I < N", quoted_text(shard_text));
}

int main(int argc, char **argv)
{
    const char *path = stage_begin(argc, argv, &usage, args);
    size_t shard, shards, came = 0;
    parse_shard(&shard, &shards);
    struct reader *in = reader_open(path);
    const struct config *config = config_from_stream(in);
    const char *table = table_name != NULL ? table_name : config->interactions;
    struct writer *out = writer_open(stage.output, reader_header(in));
    struct dealer *dealer = dealer_new(config, out, shard, shards, stage.memory_bytes / 4);
    struct frame frame;
    while (reader_next(in, &frame)) {
        if (is_table(&frame, "batches"))
            die(EXIT_INPUT, "%s: there are batches already", reader_name(in));
        writer_put(out, &frame);
        if (is_table(&frame, table)) {
            dealer_keep(dealer, &frame);
            came += frame.rows;
        }
    }
    reader_wants(in, table, "wanted the rows to be dealt out");
    size_t rows = dealer_rows(dealer);
    if (rows == 0)
        die(EXIT_INPUT, "%s: table %s: no rows to be dealt out%s", reader_name(in), quoted_text(table), came > 0 ? " in this shard" : "");
    size_t batches = dealer_deal(dealer);
    dealer_free(dealer);
    writer_end(out);
    stage_end("rows=%zu batches=%zu", rows * config->epochs, batches);
    return 0;
}
